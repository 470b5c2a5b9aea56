"""Exact search for as long as the process lives."""
