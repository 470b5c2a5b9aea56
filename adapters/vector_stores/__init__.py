"""Indexes of embeddings."""
