"""Slack, by slack-sdk."""
