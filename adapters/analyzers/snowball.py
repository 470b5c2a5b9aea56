"""Snowball stemming."""
