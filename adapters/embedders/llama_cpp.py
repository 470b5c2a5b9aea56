"""GGUF embedding models in llama.cpp."""
