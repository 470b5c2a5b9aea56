"""From words to index terms."""
