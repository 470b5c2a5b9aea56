"""What every token store does, and what is built upon it."""

from datetime import UTC, datetime

import pytest

from rookery.adapters.clocks.manual import ManualClock
from rookery.adapters.token_stores.in_memory import InMemoryTokenStore
from rookery.adapters.token_stores.sqlite import SqliteTokenStore
from rookery.application.access import Authenticate, CreateToken, RevokeToken
from rookery.domain.access import AccessToken, Scope
from rookery.domain.errors import NotFound

pytestmark = pytest.mark.anyio
CLOCK = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    if request.param == "memory":
        yield InMemoryTokenStore()
        return
    store = SqliteTokenStore(tmp_path)
    yield store
    store.close()


async def test_a_made_token_is_recognised_by_its_secret_alone(store):
    secret, token = await CreateToken(store, CLOCK, lambda: "s3cret")("laptop", [Scope.READ])
    assert secret == "rk_s3cret"
    assert await Authenticate(store)(secret) == token
    for wrong in ("", "rk_", "s3cret", "rk_s3cre", token.digest, token.id):
        assert await Authenticate(store)(wrong) is None


async def test_the_secret_is_not_stored(store, tmp_path):
    secret, token = await CreateToken(store, CLOCK, lambda: "plainly-visible")("laptop", [Scope.READ])
    assert "plainly-visible" not in token.model_dump_json()
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert secret.encode() not in stored
    assert b"plainly-visible" not in stored


async def test_a_revoked_token_is_worthless(store):
    secret, token = await CreateToken(store, CLOCK, lambda: "s3cret")("laptop", [Scope.ADMIN])
    revoked = await RevokeToken(store, CLOCK)(token.id)
    assert await Authenticate(store)(secret) is None
    assert not revoked.permits(Scope.READ)
    assert await RevokeToken(store, CLOCK)(token.id) == revoked


async def test_revoking_an_unknown_token_is_refused(store):
    with pytest.raises(NotFound):
        await RevokeToken(store, CLOCK)("unknown")
    with pytest.raises(NotFound):
        await store.save(AccessToken(id="x", name="x", scopes=[], digest="", created_at=CLOCK.now()))


@pytest.mark.parametrize(
    ("held", "wanted", "permitted"),
    [
        (Scope.READ, Scope.READ, True),
        (Scope.READ, Scope.RUN, False),
        (Scope.ADMIN, Scope.APPROVE, True),
    ],
)
async def test_a_token_permits_its_scopes_and_admin_permits_all(store, held, wanted, permitted):
    _, token = await CreateToken(store, CLOCK, lambda: "s3cret")("laptop", [held])
    assert token.permits(wanted) is permitted
