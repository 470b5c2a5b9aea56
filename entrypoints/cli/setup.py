"""`rookery init` and `rookery version`."""

from pathlib import Path

from rookery.entrypoints.cli.output import Json, out, print_json

TEMPLATE = """\
# Rookery's settings. What is commented out is the default. `ROOKERY_SECTION__KEY` overrides a key, flags override both.

# home = "~/.local/share/rookery"     # where all state is kept; also ROOKERY_HOME

[research]
# model = "extractive"                # or a GGUF file, owner/repo:QUANT, openai; `rookery models list` shows them
# fallbacks = ["extractive"]          # what answers where that model fails
# embedder = "minilm"                 # what turns texts into vectors
# vector_store = "chroma"
# orchestrator = "local"
# language = "english"                # of the documents, for stemming
# offline = false                     # true: download nothing
# budget = {max_steps = 50, max_tool_calls = 100, max_tokens = 200000, max_seconds = 600}   # of a run

[memory]
# recall = true                       # agents look into memory before they work
# note = true                         # what they found is noted
# mirrors = []                        # further vector stores that follow, such as "weaviate"

# [agents.writer]                     # changes a member; your own are agents/NAME.toml: docs/agents.md
# priority = 5
# memory = "shared"                   # or "private": others do not see what it notes

[approvals]
# allow = []                          # tools that need not be approved, such as "slack_post": docs/approvals.md
# expire_seconds = 3600               # what nobody approved until then is not done

[network]
# allow_hosts = []                    # hosts of the own network that agents may reach, such as "wiki.intern"

# [tools.web_search]                  # also SEARXNG_URL, BRAVE_API_KEY, TAVILY_API_KEY: docs/web.md
# engines = ["searxng"]
# searxng = {base_url = "http://127.0.0.1:8888"}

# [integrations.slack]                # also notion, github, jira, and their usual variables: docs/integrations.md
# channel = "#research"

# [slack]                             # who may ask and approve in Slack: docs/slack.md
# askers = ["U012AB3CD"]
# approvers = ["U012AB3CD"]

# [mcpServers.files]                  # tools of any MCP server: docs/mcp.md
# command = "npx"
# args = ["-y", "@modelcontextprotocol/server-filesystem", "/srv/papers"]

[sync]
# store = "s3"                        # or "directory"; then [object_stores.s3] bucket = "…"
# interval_seconds = 60

[llms.llama_cpp]                      # for GGUF files
# n_ctx = 8192                        # tokens of a conversation; n_ctx × slots take memory: `rookery models fit`
# slots = 4                           # agents side by side; default: as `rookery models probe` advises
# device = "auto"                     # a GPU that passed its test, else the CPU; or "cpu", or its name
# loras = {}                          # such as {style = {path = "style.gguf"}}; [agents.writer] lora = "style"

[llms.openai]                         # for servers; OPENAI_BASE_URL and OPENAI_API_KEY are honoured
# base_url = "http://127.0.0.1:8080/v1"
# model = "…"

[server]
# host = "127.0.0.1"
# port = 8400
# source_roots = ["."]                # folders whose documents the API's callers may name as sources
# waiting_runs = 100                  # that wait for their turn; more are refused
# requests_per_second = 200           # of one token
# mcp = false                         # true: MCP, too, at /mcp

[sources]
# max_file_mb = 20
# max_unpacked_mb = 100               # of what a DOCX holds
# max_fetch_seconds = 30              # for one page of the web
# allow_hosts = []                    # hosts of the own network that pages may be fetched from, such as "wiki.intern"
"""


def init(*, json_: Json = False) -> None:
    """Write a `rookery.toml` with all settings into this folder."""
    from rookery.domain.errors import Conflict
    from rookery.entrypoints.settings import FILE_NAME

    path = Path.cwd() / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already; it was left as it is") from error
    if json_:
        print_json({"written": str(path)})
    else:
        out().print(f"wrote {path}", markup=False)


def version(*, json_: Json = False) -> None:
    """Print the version."""
    from rookery import __version__

    if json_:
        print_json({"version": __version__})
    else:
        out().print(__version__)
