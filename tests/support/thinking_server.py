"""A real `rookery serve` whose agents think with a model that a test writes, and can pin notices to a board."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support import noticeboard
from tests.support.bad_models import Say, decides, otherwise
from tests.support.good_models import is_first_round, task_of, writes_all
from tests.support.openai_chat import Chat, ChatAsked
from tests.support.openai_server import openai_server
from tests.support.server import Server, start_server

CLERK = 'goal = "Post what is to be known."\ntools = ["search_documents", "post_notice"]\n'


@contextmanager
def thinking_settings(say: Say, folder: Path) -> Iterator[Mapping[str, str]]:
    """Yield settings with which a server thinks so, as long as the block lasts; the board is in the folder."""
    if not (folder / "site").exists():
        noticeboard.write(folder / "site")
    with openai_server(chat=Chat(say=say, context=32768)) as model:
        yield {
            "OPENAI_BASE_URL": model.url,
            "OPENAI_API_KEY": "sk-not-a-real-key",
            "ROOKERY_RESEARCH__MODEL": "openai:rook-1",
            "ROOKERY_TOOLS__POST_NOTICE__BOARD": str(folder / "board.txt"),
            "PYTHONPATH": str(folder / "site"),
        }


@contextmanager
def thinking_server(home: Path, say: Say) -> Iterator[Server]:
    """Serve a home until the block ends; a clerk in it posts notices."""
    hire_clerk(home)
    with thinking_settings(say, home.parent) as settings, start_server(home, settings=settings) as server:
        yield server


def hire_clerk(home: Path) -> None:
    """Add an agent to a home that may search, and post notices."""
    (home / "agents").mkdir(exist_ok=True)
    (home / "agents" / "clerk.toml").write_text(CLERK)


def posts(text: str | None = None) -> Say:
    """Return a model whose agents post a notice first, and then do their work: this text, or what they are asked."""

    def act(asked: ChatAsked) -> str:
        if "post_notice" in asked.messages[1].content and is_first_round(asked):
            return decides(("post_notice", {"text": text or task_of(asked)}))
        return decides(("finish", {}))

    return otherwise(act=act, write=writes_all)
