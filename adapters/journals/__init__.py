"""The journal of memories."""
