"""Where corrections are kept."""
