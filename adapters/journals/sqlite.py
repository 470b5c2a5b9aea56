"""Memory versions in memory.db, append only."""
