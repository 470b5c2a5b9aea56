"""From a snapshot to passages, along the structure of the text."""
