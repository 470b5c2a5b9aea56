"""Which requests were done, and what they were answered."""
