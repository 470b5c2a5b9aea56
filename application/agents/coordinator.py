"""The coordinator reads the sources and plans."""
