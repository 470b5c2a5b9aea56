"""Getting models from a hub that speaks the Hugging Face hub's protocol."""
