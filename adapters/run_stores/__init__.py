"""Runs, their events and finished steps."""
