"""Memories: note, recall, forget, merge, sync."""
