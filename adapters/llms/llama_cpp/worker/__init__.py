"""The process that holds a language model in llama.cpp and lets many requests share its decoding steps."""
