"""The supervisor keeps a run within its budget and mends its course."""
