"""Runs from question to result: start, conduct, steer."""
