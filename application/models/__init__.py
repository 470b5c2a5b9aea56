"""What can be found out about language models, and what follows from it."""
