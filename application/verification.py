"""Comparing citations with the stored texts, again."""
