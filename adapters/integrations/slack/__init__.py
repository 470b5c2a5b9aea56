"""Slack."""

from rookery.adapters.integrations.slack.integration import SlackIntegration

__all__ = ["SlackIntegration"]
