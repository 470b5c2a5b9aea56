"""Workflows as Prefect flows and tasks."""
