"""rookery sources: the document library."""
