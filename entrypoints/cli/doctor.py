"""rookery doctor: what is here, what is missing."""
