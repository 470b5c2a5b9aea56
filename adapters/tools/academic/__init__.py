"""Sources of scholarship: an encyclopaedia, preprints, and what is published."""
