"""Results as documents that stand alone."""
