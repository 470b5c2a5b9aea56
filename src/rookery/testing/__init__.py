"""For those who write adapters, tools and integrations: local servers that speak the protocols of outside systems."""

from rookery.testing.services import (
    Break,
    Fault,
    GitHubService,
    JiraService,
    LocalService,
    NotionService,
    Reply,
    Request,
    SlackService,
    serve,
)

__all__ = [
    "Break",
    "Fault",
    "GitHubService",
    "JiraService",
    "LocalService",
    "NotionService",
    "Reply",
    "Request",
    "SlackService",
    "serve",
]
