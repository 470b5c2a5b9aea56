"""The Slack app: commands, mentions, buttons."""
