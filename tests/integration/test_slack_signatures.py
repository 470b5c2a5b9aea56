"""Requests that claim to come from Slack; those that do are signed by Slack's own SDK."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from rookery.entrypoints.slack.signatures import is_signed

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"token=x&command=%2Fresearch&text=Why%3F"


def signed(body=BODY, *, secret=SECRET, at=NOW):
    timestamp = str(int(at.timestamp()))
    return {
        "timestamp": timestamp,
        "signature": SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body),
    }


def test_what_slack_signed_is_taken():
    assert is_signed(SecretStr(SECRET), BODY, **signed(), now=NOW)


def test_clocks_may_differ_by_five_minutes_in_both_directions():
    for seconds in (-300, 300):
        assert is_signed(SecretStr(SECRET), BODY, **signed(at=NOW + timedelta(seconds=seconds)), now=NOW)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_recording_is_refused_though_its_signature_is_right(seconds):
    assert not is_signed(SecretStr(SECRET), BODY, **signed(at=NOW + timedelta(seconds=seconds)), now=NOW)


@pytest.mark.parametrize(
    "attack",
    [
        {"signature": None},
        {"signature": ""},
        {"signature": "v0="},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1=" + signed()["signature"][3:]},
        {"signature": signed()["signature"].upper()},
        {"signature": signed()["signature"][:-1]},
        {"signature": signed()["signature"] + "0"},
        {"signature": " " + signed()["signature"]},
        {"signature": "v0=é" + "0" * 63},
        {"signature": "v0=\ud800"},
        {"signature": signed(secret="another secret")["signature"]},
        {"signature": signed(body=BODY + b"&user_id=U999")["signature"]},
        {"timestamp": None},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "1e9"},
        {"timestamp": "NaN"},
        {"timestamp": "９" * 10},
        {"timestamp": "9" * 400},
        {"timestamp": str(int(NOW.timestamp()) + 1)},
        {"timestamp": " " + str(int(NOW.timestamp()))},
        {"timestamp": str(int(NOW.timestamp())) + ":"},
    ],
)
def test_a_forged_request_is_refused(attack):
    assert not is_signed(SecretStr(SECRET), BODY, **{**signed(), **attack}, now=NOW)


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b" ", BODY.replace(b"Why", b"How"), BODY.upper()])
def test_a_changed_body_is_refused(body):
    assert not is_signed(SecretStr(SECRET), body, **signed(), now=NOW)


def test_an_empty_secret_lets_nobody_in():
    empty = {"timestamp": str(int(NOW.timestamp())), "signature": "v0=" + "0" * 64}
    assert not is_signed(SecretStr(""), BODY, **empty, now=NOW)
