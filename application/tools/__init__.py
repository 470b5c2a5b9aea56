"""The tools that every colony has. Those of outside systems are adapters."""
