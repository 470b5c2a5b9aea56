"""Prompts are files; a variable that is missing, or one too many, is an error."""
