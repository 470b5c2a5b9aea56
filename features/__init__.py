"""Behaviour in the researcher's language, run by pytest-bdd."""
