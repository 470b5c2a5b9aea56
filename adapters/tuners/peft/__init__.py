"""Training by peft, on the weights of a GGUF file."""
