"""The texts of sources."""
