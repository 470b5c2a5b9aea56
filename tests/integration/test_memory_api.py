"""Memories over the wire."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from rookery.application.memory.recall import find_memory
from rookery.domain.access import Scope
from rookery.domain.memories import Memory
from rookery.entrypoints.container import Container, close
from rookery.entrypoints.settings import Settings
from tests.support.server import LIGHT, Server, start_server

RANDOM = "Zq7Lw2Xk9Vb4Nt6Rp1Hs8Gd3Jf5Cm0Ty"
AT = "/v1/memories"
SECRETS = ["gh" + "p_" + RANDOM + "a1B2", "AK" + "IA" + "Q7ZLW2XK9VB4NT6R", "hunter" + "22x"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Server]:
    settings = {"ROOKERY_SYNC__STORE": "directory", "ROOKERY_OBJECT_STORES__DIRECTORY__PATH": str(shared)}
    home = tmp_path_factory.mktemp("served") / "home"
    with start_server(home, settings=LIGHT | settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=60) as client:
        yield client


def add(client: httpx.Client, content: str, **more: Any) -> dict[str, Any]:
    answer = client.post(AT, json={"content": content, **more})
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


def found(client: httpx.Client, query: str, **more: Any) -> list[dict[str, Any]]:
    answer = client.post(f"{AT}/search", json={"query": query, **more})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def listed(client: httpx.Client, **more: Any) -> list[str]:
    return [item["content"] for item in client.get(AT, params=more).json()["items"]]


def test_a_memory_is_added_and_read_again_whole(client: httpx.Client) -> None:
    new = {
        "namespace": "whole",
        "content": "Rooks nest in elms. 🐦",
        "key": "rooks/nests",
        "tags": ["birds", "trees"],
        "timestamp": "2026-05-01T12:00:00+02:00",
        "relevance_score": 0.75,
        "priority": 3,
        "source": "https://example.org/rooks",
        "run_id": "r1",
    }
    stored = add(client, **new)
    assert stored | new | {"timestamp": "2026-05-01T10:00:00Z"} == stored
    assert Memory.model_validate(stored).digest() == stored["version"]
    assert client.get(f"{AT}/{stored['id']}").json() == stored


@pytest.mark.parametrize(
    "name",
    ["a/b", "https://example.org/x?y=z#f", "a:b", "../b", "a//b", "ä 🐦", "a%2Fb", " ", "a+b", "history", "x" * 900],
)
def test_an_id_may_have_any_form(client: httpx.Client, name: str) -> None:
    add(client, "first", id=name, namespace="ids")
    add(client, "second", id=name, namespace="ids")
    place = f"{AT}/{quote(name, safe='')}"
    assert client.get(place).json()["content"] == "second"
    history = client.get(f"{place}/history", params={"namespace": "ids"}).json()["items"]
    assert [(past["content"], past["fate"]) for past in history] == [("second", "holds"), ("first", "superseded")]
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert len(client.get(f"{place}/history").json()["items"]) == 3
    assert client.delete(place).status_code == 404


def test_an_id_of_several_namespaces_must_be_told_apart(client: httpx.Client) -> None:
    for namespace in ("one", "two"):
        add(client, f"of {namespace}", id="twice", namespace=namespace)
    refused = client.get(f"{AT}/twice")
    assert refused.status_code == 422
    assert "one, two" in refused.json()["detail"]
    assert client.get(f"{AT}/twice", params={"namespace": "two"}).json()["content"] == "of two"
    assert client.delete(f"{AT}/twice", params={"namespace": "one"}).status_code == 204
    assert client.get(f"{AT}/twice").json()["content"] == "of two"


def test_memories_are_listed_newest_first_page_by_page(client: httpx.Client) -> None:
    for number in range(5):
        moment = f"2026-01-0{number + 1}T00:00:00Z"
        add(client, f"page {number}", namespace="pages", timestamp=moment, tags=[f"t{number % 2}"])
    seen, cursor = [], None
    while True:
        page = client.get(AT, params={"namespace": "pages", "limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["content"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"page {number}" for number in (4, 3, 2, 1, 0)]
    assert listed(client, namespace="pages", tag="t1") == ["page 3", "page 1"]
    assert listed(client, namespace="pages", since="2026-01-03T00:00:00Z", until="2026-01-05T00:00:00Z") == [
        "page 3",
        "page 2",
    ]


def test_a_search_is_narrowed_and_says_why(client: httpx.Client) -> None:
    for number, tags in enumerate((["x"], ["x", "y"], [])):
        add(client, f"Kestrels hover, {number}.", namespace="search", tags=tags, source=f"note:{number}")
    items = found(client, "kestrels", namespace="search")
    assert len(items) == 3
    assert set(items[0]["why"]) == {
        *("dense", "lexical", "neighbour", "speaker", "time", "importance", "form", "decay", "cosine", "terms"),
    }
    assert all(0 <= item["relevance_score"] <= 1 for item in items)
    assert len(found(client, "kestrels", namespaces=["search"], tags_any=["x", "y"])) == 2
    assert len(found(client, "kestrels", namespaces=["search"], tags_all=["x", "y"])) == 1
    assert len(found(client, "kestrels", namespaces=["search"], source="note:*", limit=2)) == 2
    assert found(client, "kestrels", namespace="elsewhere") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {}),
        ("POST", "", {"content": ""}),
        ("POST", "", {"content": "x", "timestamp": "2026-05-01T12:00:00"}),
        ("POST", "", {"content": "x", "timestamp": "9999-12-31T23:59:59-02:00"}),
        ("POST", "", {"content": "x", "relevance_score": 2}),
        ("POST", "", {"content": "x", "tags": "birds"}),
        ("POST", "", {"content": "x", "forgotten": True}),
        ("POST", "/search", {"query": ""}),
        ("POST", "/search", {"query": "  "}),
        ("POST", "/search", {"query": "x", "limit": 0}),
        ("GET", "?cursor=nonsense", None),
        ("GET", "?cursor=0x1p99999~1", None),
        ("GET", "?limit=0", None),
        ("GET", "?since=yesterday", None),
    ],
)
def test_a_wrong_request_is_a_problem_document_that_names_the_fault(
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = client.request(method, AT + path, json=body) if body is not None else client.request(method, AT + path)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "text",
    [
        '{"content": "%s"}',
        '{"content": "x", "tags": ["%s"]}',
        '{"content": "x", "key": "%s"}',
        '{"content": "x", "source": "%s"}',
        '{"content": "x", "namespace": "%s"}',
        '{"content": "x", "%s": 1}',
    ],
)
@pytest.mark.parametrize("path", ["", "/import"])
def test_half_of_a_surrogate_pair_is_refused(client: httpx.Client, text: str, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(AT + path, content=(text % "\\ud800").encode(), headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    query = client.post(
        f"{AT}/search", content=b'{"query": "\\udfff rooks"}', headers={"Content-Type": "application/json"}
    )
    assert query.status_code == 422


@pytest.mark.parametrize("form", ["lines", "array"])
def test_an_import_takes_our_own_form_mem0s_and_that_of_a_langgraph_store(client: httpx.Client, form: str) -> None:
    records = [
        {"content": "ours", "namespace": f"import-{form}", "key": "k"},
        {"memory": "mem0s", "user_id": f"import-{form}", "id": f"{form}-1", "created_at": "2026-05-01T10:00:00-07:00"},
        {"namespace": [f"import-{form}", "birds"], "key": "k", "value": {"text": "langgraphs", "kind": "fact"}},
    ]
    text = json.dumps(records) if form == "array" else "\n".join(map(json.dumps, records))
    for _ in range(2):
        assert client.post(f"{AT}/import", content=text).json() == {"memories": 3}
    assert sorted(listed(client, namespace=f"import-{form}")) == ["mem0s", "ours"]
    [item] = client.get(AT, params={"namespace": f"import-{form}/birds"}).json()["items"]
    assert (item["content"], item["tags"], item["supersedes"]) == ("langgraphs", ["kind:fact"], [])


def test_a_bad_line_is_named_and_nothing_is_stored(client: httpx.Client) -> None:
    good = '{"content": "good", "namespace": "bad-line"}\n'
    for third, complaint in (("{", "line 3 is not JSON"), ('{"content": 3}', "line 3: content")):
        answer = client.post(f"{AT}/import", content=good * 2 + third)
        assert answer.status_code == 422
        assert complaint in answer.json()["detail"]
    assert client.post(f"{AT}/import", content=b"\xff").status_code == 422
    assert listed(client, namespace="bad-line") == []


def test_what_holds_is_imported_again_from_what_the_list_gives(client: httpx.Client) -> None:
    add(client, "there and back", namespace="again", tags=["x"])
    items = client.get(AT, params={"namespace": "again"}).json()["items"]
    assert client.post(f"{AT}/import", json=items).json() == {"memories": 1}
    assert client.get(AT, params={"namespace": "again"}).json()["items"] == items


def test_a_token_needs_the_scope(server: Server, client: httpx.Client) -> None:
    stored = add(client, "for readers", namespace="scopes")

    async def make() -> str:
        container = Container(settings=Settings(home=server.home))
        secret, _ = await container.create_token()("reader", [Scope.READ])
        container.token_store().close()
        return secret

    headers = {"Authorization": f"Bearer {asyncio.run(make())}"}
    assert client.get(f"{AT}/{stored['id']}", headers=headers).status_code == 200
    assert client.post(f"{AT}/search", json={"query": "readers"}, headers=headers).status_code == 200
    refused = [
        client.post(AT, json={"content": "x"}, headers=headers),
        client.post(f"{AT}/import", content="", headers=headers),
        client.post(f"{AT}/sync", headers=headers),
        client.delete(f"{AT}/{stored['id']}", headers=headers),
    ]
    assert [answer.status_code for answer in refused] == [403] * 4
    assert client.get(AT, headers={"Authorization": ""}).status_code == 401


def test_credentials_are_kept_nowhere(server: Server, client: httpx.Client) -> None:
    token, key, password = SECRETS
    stored = add(
        client,
        f"The token is {token} and password={password}",
        namespace="secrets",
        key=f"slot {key}",
        id=f"id {token}",
        tags=[f"tag {key}", "fine"],
        source=f"https://ada:{password}@example.org/",
        run_id="r1",
    )
    assert stored["redactions"] >= 5
    assert stored["tags"] == ["tag [redacted:aws-key]", "fine"]
    line = json.dumps({"content": f"Use {key}", "namespace": "secrets"})
    client.post(f"{AT}/import", content=line)
    refused = client.post(AT, json={"content": f"x {token}", "priority": token, token: 1})
    answers = [
        json.dumps(found(client, f"What is the token {token}?", namespace="secrets")),
        client.get(AT, params={"namespace": "secrets"}).text,
        client.get(f"{AT}/{quote(stored['id'], safe='')}/history").text,
    ]
    assert all("redacted:" in answer for answer in answers)
    assert refused.status_code == 422
    everything = " ".join([json.dumps(stored), *answers])
    assert [secret for secret in SECRETS if secret in everything] == []
    files = [file for file in server.home.rglob("*") if file.is_file()]
    assert {"memory.db", "memory-index.db"} <= {file.name for file in files}
    for file in files:
        assert [secret for secret in SECRETS if secret.encode() in file.read_bytes()] == [], file


def test_machines_exchange_their_memories(client: httpx.Client, shared: Path, tmp_path: Path) -> None:
    stored = add(client, "Herons fish at the weir.", namespace="exchange")
    before = client.get(f"{AT}/state").json()["sync"]
    assert before["store"] == "directory"
    assert before["encrypted"] is False
    assert before["waiting"] > 0
    report = client.post(f"{AT}/sync").json()
    assert report["sent"] == before["waiting"]
    assert report["problems"] == []

    async def elsewhere() -> Memory:
        settings = Settings.model_validate(
            {
                "home": tmp_path,
                "research": {"embedder": "hashing", "vector_store": "memory"},
                "sync": {"store": "directory"},
                "object_stores": {"directory": {"path": str(shared)}},
            }
        )
        container = Container(settings=settings)
        try:
            assert (await container.sync_memories()()).received == report["sent"]
            held = await find_memory(container.projection(), stored["id"])
            await container.forget()(stored["id"])
            assert (await container.sync_memories()()).sent == 1
            return held
        finally:
            await close(container)

    assert asyncio.run(elsewhere()) == Memory.model_validate(stored)
    assert client.post(f"{AT}/sync").json()["received"] == 1
    assert client.get(f"{AT}/{stored['id']}").status_code == 404
    after = client.get(f"{AT}/state").json()
    assert (after["sync"]["waiting"], after["sync"]["devices"], after["degraded"]) == (0, 1, [])
    assert "exchange" not in {namespace["namespace"] for namespace in after["namespaces"]}
