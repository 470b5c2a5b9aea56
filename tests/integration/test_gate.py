"""Nobody without a valid token gets anywhere."""

import httpx
import pytest

OPEN = {"/healthz"}


def _paths(server) -> list[tuple[str, str]]:
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, operations in paths.items() for method in operations]


def _request(server, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    filled = path.replace("{", "").replace("}", "")
    return httpx.request(method, server.url + filled, headers=headers, json={}, timeout=10)


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
