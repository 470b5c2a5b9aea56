"""Snapshots for as long as the process lives."""
