"""The critic reflects."""
