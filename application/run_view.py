"""A run as a person sees it: a fold over its events."""
