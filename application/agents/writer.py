"""The writer composes, and locks each claim to its quotes."""
