"""The document library."""
