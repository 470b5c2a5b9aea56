"""Jira."""

from rookery.adapters.integrations.jira.integration import JiraIntegration

__all__ = ["JiraIntegration"]
