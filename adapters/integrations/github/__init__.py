"""GitHub."""

from rookery.adapters.integrations.github.integration import GitHubIntegration

__all__ = ["GitHubIntegration"]
