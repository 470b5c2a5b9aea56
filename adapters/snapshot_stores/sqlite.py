"""Snapshots in snapshots.db, their texts compressed."""
