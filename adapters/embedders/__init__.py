"""Embedding models behind `EmbedderPort`."""
