"""A researcher searches and quotes."""
