"""Bringing documents into the library: read once, store the text under its digest, index its passages."""
