"""Corpora of attacks, and that none of them gets through."""
