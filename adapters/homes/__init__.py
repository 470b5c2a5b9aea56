"""Rookery's home as a whole: what lies in it, copying it while it is used, putting a copy in its place."""
