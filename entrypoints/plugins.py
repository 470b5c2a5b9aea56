"""Finding adapters by entry point."""
