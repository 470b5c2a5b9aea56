"""The parts of the embedder for OpenAI's interface: what goes over the wire, and what to make of it."""
