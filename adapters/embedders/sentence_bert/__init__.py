"""The parts of the all-MiniLM-L6-v2 embedder: its weights, where they come from, and its graph."""
