"""Runs in runs.db."""
