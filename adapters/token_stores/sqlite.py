"""Tokens in access.db."""
