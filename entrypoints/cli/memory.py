"""rookery memory: what the colony remembers."""
