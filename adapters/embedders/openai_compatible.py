"""Any server that speaks OpenAI's embeddings."""
