"""Notion."""

from rookery.adapters.integrations.notion.integration import NotionIntegration

__all__ = ["NotionIntegration"]
