"""Where trained adapters are kept."""
