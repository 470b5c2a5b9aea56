"""Documents, passages and their words in library.db."""
