"""Indexes of embeddings behind `VectorStorePort`."""
