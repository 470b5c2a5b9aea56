"""GGUF language models in llama.cpp, which runs in a process of its own because it can abort the one it is in."""
