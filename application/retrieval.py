"""Hybrid retrieval: dense and lexical scores fused, neighbours and links between documents."""
