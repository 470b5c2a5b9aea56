"""Putting a job to a language model and getting a typed answer back."""
