"""The ways in: composition root, settings, API, CLI, Slack, MCP."""
