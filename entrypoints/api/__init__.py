"""The REST API and the dashboard that it serves."""
