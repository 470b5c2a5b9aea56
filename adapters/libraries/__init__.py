"""The document library: passages, findable by their words."""
