"""rookery models: the language models that are here."""
