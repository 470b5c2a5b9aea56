"""The services in which teams work."""
