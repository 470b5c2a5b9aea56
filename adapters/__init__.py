"""One module, or one small folder, for each outside system. Adapters do not import each other."""
