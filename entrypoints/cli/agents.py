"""rookery agents: the colony's members."""
