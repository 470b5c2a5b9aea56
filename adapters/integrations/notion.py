"""Notion, by notion-client."""
