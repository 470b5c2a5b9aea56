"""Nobody without a valid token gets anywhere."""

import json
import socket

import httpx
import pytest

from tests.support.server import rookery

OPEN = {"/healthz"}


def _paths(server) -> list[tuple[str, str]]:
    paths = httpx.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    return [(method.upper(), path) for path, operations in paths.items() for method in operations]


def _request(server, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    filled = path.replace("{", "").replace("}", "")
    return httpx.request(method, server.url + filled, headers=headers, json={}, timeout=60)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer rk_wrong"}, {"Authorization": "Basic eDp5"}])
def test_every_documented_path_refuses_a_request_without_a_valid_token(server, headers):
    paths = _paths(server)
    assert len(paths) >= 28
    for method, path in paths:
        expected = 200 if path in OPEN else 401
        answer = _request(server, method, path, headers)
        assert answer.status_code == expected, (method, path)
        if expected == 401:
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_valid_token_passes_the_gate_on_every_path(server):
    for method, path in _paths(server):
        if not path.startswith("/integrations/"):
            assert _request(server, method, path, server.headers).status_code not in (401, 403), (method, path)


def test_every_path_behind_the_gate_demands_a_scope_that_a_token_may_lack(server):
    created = rookery("tokens", "create", "--scope", "approve", "--json", home=server.home)
    narrow = {"Authorization": f"Bearer {json.loads(created.stdout)['token']}"}
    for method, path in _paths(server):
        if path.startswith(("/v1", "/metrics")) and not path.startswith("/v1/approvals/"):
            assert _request(server, method, path, narrow).status_code == 403, (method, path)


def test_a_token_that_was_revoked_while_the_server_runs_is_refused_at_once(server):
    created = json.loads(rookery("tokens", "create", "--scope", "read", "--json", home=server.home).stdout)
    headers = {"Authorization": f"Bearer {created['token']}"}
    assert _request(server, "GET", "/v1/runs", headers).status_code == 200
    rookery("tokens", "revoke", created["id"], home=server.home)
    assert _request(server, "GET", "/v1/runs", headers).status_code == 401


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/unknown", "//v1/runs", "/v1/../v1/runs", "/V1/runs", "/metrics/"])
def test_no_spelling_of_a_path_slips_past_the_gate(server, path):
    with socket.create_connection(server.address) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    status, body = answer.split(" ", 2)[1], answer.partition("\r\n\r\n")[2]
    assert status in ("401", "404") or "<!doctype html>" in body.lower()
    assert "next_cursor" not in body
