"""rookery research: ask, watch, read the answer."""
