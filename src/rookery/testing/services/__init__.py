"""Local servers that speak the protocols of Slack, Notion, GitHub and Jira, as far as Rookery uses them.

They check what the real ones check (tokens, required fields, limits of length), divide their answers into pages, and
can be told to be busy, to break or to stall:

    with serve(SlackService()) as slack:
        team = slack.channel("team")
        slack.busy(seconds=10)
        ...  # point an integration to slack.url; then look at team.messages and slack.requests
"""

from rookery.testing.services.faults import Break, Fault
from rookery.testing.services.github import GitHubService
from rookery.testing.services.jira import JiraService
from rookery.testing.services.notion import NotionService
from rookery.testing.services.requests import Reply, Request
from rookery.testing.services.serving import serve
from rookery.testing.services.slack import SlackService
from rookery.testing.services.slack_socket import SlackSocket, serve_socket
from rookery.testing.services.wire import LocalService

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
    "SlackSocket",
    "serve",
    "serve_socket",
]
