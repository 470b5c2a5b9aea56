"""Replacing credentials before a text is stored, logged or shown.

Two kinds of rules: tokens that are known by their form, and values that are known by the name before them. Each
pattern takes linear time: repetitions are bounded or possessive, and a rule is tried only where one of its literals
occurs; for tokens, among the long words. What is plainly a placeholder stays.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from pydantic import JsonValue

_Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without credentials, and how many were replaced."""

    text: str
    count: int


def redact(text: str) -> Redacted:
    """Replace each credential by `[redacted:KIND]`. Doing it again changes nothing."""
    total = 0
    while text:
        text, count = _pass(text)
        if count == 0:
            break
        total += count
    return Redacted(text, total)


def redact_all(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a JSON object whose texts, however deep they lie, have no credentials; keys and all else stay."""
    return {key: _redacted(value) for key, value in values.items()}


def _redacted(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return redact(value).text
        case dict():
            return redact_all(value)
        case list():
            return [_redacted(inner) for inner in value]
        case _:
            return value


def _pass(text: str) -> tuple[str, int]:
    views, total = _views(text), 0
    for rule in _RULES:
        if rule.may_find(views[rule.view]):
            text, count = rule.apply(text)
            if count:
                views, total = _views(text), total + count
    return text, total


def _views(text: str) -> tuple[str, str, str]:
    """Return the text, the text in small letters, and its long words."""
    return text, text.lower(), " ".join([word for word in text.split() if len(word) >= _SHORTEST])


class _View(IntEnum):
    """In what a rule is looked for before it is applied: most texts hold nothing, and that must be found out soon."""

    TEXT = 0
    SMALL = 1
    LONG_WORDS = 2


class _Rule(NamedTuple):
    """A credential is the group `secret` of the pattern, provided that the test holds for it.

    What `gate` does not find in the rule's view of a text, `pattern` does not find in the text.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    test: _Test
    view: _View
    gate: re.Pattern[str]

    def may_find(self, view: str) -> bool:
        """Whether it is worth while to apply the rule."""
        for literal in self.literals:  # `any` would cost more than all that is looked for
            if literal in view:
                return self.gate.search(view) is not None
        return False

    def apply(self, text: str) -> tuple[str, int]:
        count = 0

        def replace(match: re.Match[str]) -> str:
            nonlocal count
            group = next(name for name, value in match.groupdict().items() if value is not None)
            secret = match[group]
            stays = (
                "[redacted:" in secret or _PLACEHOLDER.search(secret) or (group == "bare" and _CODE.fullmatch(secret))
            )
            if stays or not self.test(secret):
                return match[0]
            count += 1
            start, end = (place - match.start() for place in match.span(group))
            return f"{match[0][:start]}[redacted:{self.kind}]{match[0][end:]}"

        return self.pattern.sub(replace, text), count


_SHORTEST = 15  # characters of the shortest token: xoxb- and ten more
_PLACEHOLDER = re.compile(
    r"x{6}|\*{3}|\.{3}|…|^[<{]|^\$(?:\w+\W?$|\{|\()|^%\w+%?$|your[_-]|[_-]your|placeholder|change[_-]?me"
    r"|replace[_-]?(?:me|with)|insert[_-]|dummy|0{12}",
    re.IGNORECASE,
)


def _any(_: str) -> bool:
    return True


def _random(secret: str) -> bool:
    """Whether it looks drawn by lot: many capital and small letters, or digits among both or in a long unbroken run."""
    capital, small = sum(map(str.isupper, secret)), sum(map(str.islower, secret))
    if min(capital, small) >= 6:
        return True
    if not any(map(str.isdigit, secret)):
        return False
    return min(capital, small) >= 1 or any(_has_both(run) for run in re.findall(r"[A-Za-z0-9]{16,}", secret))


def _has_both(text: str) -> bool:
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


_WELL_KNOWN = frozenset({"sha256", "sha512", "base64", "oauth2", "utf8mb4", "argon2id", "pbkdf2", "bcrypt2", "ed25519"})
_CODE = re.compile(
    r"[a-z_]\w*?(?:password|passwd|pwd|secret|token|key|pass)s?\d?|[a-z_]\w*(?:\.[a-z_]\w*)+", re.IGNORECASE
)
_ORDINARY = re.compile(
    r"[a-z]+://.*|[~.]?(?:/[\w.-]+){2,}/?"  # an address, a file
    r"|v?\d+(?:\.\d+)*(?:st|nd|rd|th)?(?:-[a-z]+)*[.,]?|\d{4}-\d\d-\d\d.*"  # a version, an ordinal, a date
    r"|\$2[aby]?\$.*|\$argon2.*|\$[156]\$.*"  # a hash
)


def _value(secret: str) -> bool:
    """Whether what stands after `password =` and the like is a value, not prose, code or a type."""
    if secret.lower() in _WELL_KNOWN or _ORDINARY.fullmatch(secret):
        return False
    letters = "".join(character for character in secret if character.isalpha())
    kinds = (letters.lower() != letters, letters.upper() != letters, not secret.isalnum())
    return bool(letters) and (any(c.isdigit() for c in secret) or (sum(kinds) == 3 and _odd(secret)))


def _odd(secret: str) -> bool:
    return any(character in "!@#$%^&*+?~" for character in secret)


def _password(secret: str) -> bool:
    return _value(secret) or secret.isdigit()


def _basic(secret: str) -> bool:
    try:
        return ":" in base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True).decode("ascii")
    except ValueError:
        return False


def _bearer(secret: str) -> bool:
    return _value(secret) or (len(secret) >= 24 and not secret.islower())


def _key_block(secret: str) -> bool:
    return re.search(r"[A-Za-z0-9+/]{16}", secret.partition("-----")[2]) is not None


def _rule(kind: str, literals: str, pattern: str, test: _Test = _any) -> _Rule:
    """A rule for what has its name before it. A pattern that does not mind the case is written in small letters."""
    compiled = re.compile(pattern)
    folds = pattern.startswith("(?i)")  # such a pattern is several times as slow
    gate = re.compile(pattern.removeprefix("(?i)")) if folds else compiled
    return _Rule(kind, tuple(literals.split()), compiled, test, _View.SMALL if folds else _View.TEXT, gate)


def _token(kind: str, prefix: str, body: str, *, literals: str, test: _Test = _random) -> _Rule:
    """A rule for what stands alone, between characters that cannot belong to a token."""
    pattern = re.compile(rf"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))(?P<secret>(?:{prefix})(?:{body}))(?![A-Za-z0-9_])")
    return _Rule(kind, tuple(literals.split()), pattern, test, _View.LONG_WORDS, pattern)


_ASSIGN = r"[\"'\]]{0,2}(?:[ \t]{0,4}(?:=>|={1,3}|:=?)[ \t]{0,4}|>)"
_QUOTED = r"\"(?P<a>[^\s\"]{6,300}+)\"|'(?P<b>[^\s']{6,300}+)'|`(?P<c>[^\s`]{6,300}+)`"
_BARE = r"(?P<bare>[^\s\"'`<>\[\](),;&={}|]{6,300}+={0,2}+)(?![(\[])"
_AFTER_ASSIGN = rf"{_ASSIGN}(?:{_QUOTED}|{_BARE})"
_END_PART = r"-----END [A-Z0-9 ]{0,40}-----"

# An atomic group and not `(?:…)*+`: the `re` of Python 3.11.2, which Debian 12 has, then misses matches.
_RULES = (
    _rule(
        "private-key",
        "-----BEGIN",
        r"(?P<a>-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*+(?>(?:-(?!----)[^-]*+)*)"
        rf"{_END_PART})|(?P<b>-----BEGIN (?:[A-Z0-9]{{1,12}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr]){1,4}[A-Za-z0-9+/=]{16,}+)+)",
        _key_block,
    ),
    _token("private-key", "AGE-SECRET-KEY-1", "[A-Z0-9]{50,}", literals="AGE-SECRET-KEY-1"),
    _rule("url-password", "://", r"://[^\s/:@\"'<>\[\]?#]{0,200}:(?P<secret>[^\s/@\"'<>\[\]?#]{1,300})@"),
    _rule(
        "authorization",
        "authorization",
        rf"(?i)authorization{_ASSIGN}[\"']?(?:bearer|token|bot|apikey)\s{{1,4}}(?P<secret>[^\s\"',;<>\[\]]{{8,4000}})",
        _bearer,
    ),
    _rule(
        "authorization",
        "basic",
        rf"(?i)authorization{_ASSIGN}[\"']?basic\s{{1,4}}(?P<secret>[A-Za-z0-9+/]{{6,1000}}+={{0,2}})",
        _basic,
    ),
    _rule("authorization", "bearer", r"(?i)(?<![\w-])bearer\s{1,4}(?P<secret>[A-Za-z0-9._~+/=-]{20,4000})", _random),
    _token(
        "jwt",
        "eyJ",
        r"[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]++){0,2}",
        literals="eyJ",
        test=_any,
    ),
    _rule(
        "aws-key",
        "AKIA ASIA",
        r"(?<![A-Za-z0-9])(?P<secret>A[KS]IA[A-Z0-9]{16}[,\s:]{1,4}[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    _token("aws-key", "A[KS]IA|ABIA|ACCA", "[A-Z0-9]{16}", literals="AKIA ASIA ABIA ACCA", test=_any),
    _rule(
        "aws-secret",
        "secret",
        rf"(?i)secret[_ -]?(?:access[_ -]?)?key{_ASSIGN}[\"']?(?P<secret>[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
    ),
    _token("github-token", "gh[pousr]_", "[A-Za-z0-9]{30,}", literals="ghp_ gho_ ghu_ ghs_ ghr_"),
    _token("github-token", "github_pat_", "[A-Za-z0-9_]{22,}", literals="github_pat_"),
    _token(
        "gitlab-token",
        "gl(?:pat|dt|rt|cbt|ptt|ft|agent|soat)-",
        "[A-Za-z0-9_-]{20,}+",
        literals="glpat- gldt- glrt- glcbt- glptt- glft- glagent- glsoat-",
    ),
    _token(
        "slack-token", r"xox[a-z](?:\.xox[a-z])?-|xapp-", "[A-Za-z0-9-]{10,}+", literals="xox xapp-", test=_has_both
    ),
    _rule(
        "slack-webhook",
        "hooks.slack.com",
        r"(?P<secret>https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,})",
        _random,
    ),
    _token("anthropic-key", "sk-ant-", "[A-Za-z0-9_-]{20,}+", literals="sk-ant-"),
    _token("openai-key", "sk-(?:proj-|svcacct-|admin-|or-v1-)?", "[A-Za-z0-9_-]{20,}+", literals="sk-"),
    _token("huggingface-token", "hf_", "[A-Za-z0-9]{30,}", literals="hf_", test=_any),
    _token("google-key", "AIza", "[A-Za-z0-9_-]{35}", literals="AIza", test=_any),
    _token("google-token", r"ya29\.", "[A-Za-z0-9_-]{20,}+", literals="ya29."),
    _token("google-key", "GOCSPX-", "[A-Za-z0-9_-]{24,}+", literals="GOCSPX-", test=_any),
    _token("stripe-key", "[sr]k_(?:live|test)_", "[A-Za-z0-9]{16,}", literals="k_live_ k_test_"),
    _token("stripe-key", "whsec_", "[A-Za-z0-9]{24,}", literals="whsec_"),
    _token("rookery-token", "rk_", "[A-Za-z0-9_-]{20,}+", literals="rk_"),
    _token("twilio-key", "SK", "[0-9a-f]{32}", literals="SK"),
    _token("sendgrid-key", r"SG\.", r"[A-Za-z0-9_-]{16,64}+\.[A-Za-z0-9_-]{16,128}+", literals="SG."),
    _token("npm-token", "npm_", "[A-Za-z0-9]{36}", literals="npm_", test=_any),
    _token("pypi-token", "pypi-", "[A-Za-z0-9_-]{40,}+", literals="pypi-"),
    _token("notion-token", "secret_|ntn_", "[A-Za-z0-9]{32,}", literals="secret_ ntn_"),
    _token("atlassian-token", "AT(?:ATT|CTT|BB)", "[A-Za-z0-9_=-]{20,}+", literals="ATATT ATCTT ATBB"),
    _token("telegram-token", "[0-9]{8,10}:AA", "[A-Za-z0-9_-]{30,40}+", literals=":AA"),
    _token("discord-token", "[MNO]", r"[A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}+", literals="."),
    _rule(
        "discord-webhook",
        "/api/webhooks/",
        r"(?P<secret>https://discord(?:app)?\.com/api/webhooks/\d{10,22}/[A-Za-z0-9_-]{40,})",
    ),
    _token(
        "token",
        "dop_v1_|shp(?:at|ss|ca|pa)_|dapi|glsa_|glc_|lin_api_|dckr_pat_|gsk_|r8_|pplx-|hvs\\.|sbp_|sntrys_|figd_|PMAK-",
        "[A-Za-z0-9_-]{24,}+",
        literals="dop_v1_ shp dapi glsa_ glc_ lin_api_ dckr_pat_ gsk_ r8_ pplx- hvs. sbp_ sntrys_ figd_ PMAK-",
    ),
    _rule(
        "azure-key",
        "accountkey sharedaccesskey sig=",
        r"(?i)(?:accountkey|sharedaccesskey|[?&]sig)=(?P<secret>[A-Za-z0-9+/%]{30,200}={0,2})",
    ),
    _rule(
        "password",
        "password pwd",
        r"(?i)(?:server|host|source|address|user|uid|user ?id|username|database|dbname|catalog)\s?=[^;\n]{1,200};"
        r"(?:[^;=\n]{1,40}=[^;\n]{0,200};){0,6}?\s{0,3}(?:password|pwd)\s?=\s?(?P<secret>[^;\"'\s\[\]]{3,200})",
    ),
    _rule(
        "password",
        "--",
        r"(?i)(?<![\w-])--[a-z-]{0,30}(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,3}"
        rf"(?:{_QUOTED}|{_BARE})",
        _value,
    ),
    _rule(
        "password",
        "passw pwd passphrase _pass -pass",
        rf"(?i)(?:password|passwd|pwd|passphrase|[_-]pass){_AFTER_ASSIGN}",
        _password,
    ),
    _rule(
        "secret",
        "secret token api_key api-key apikey api key access_key access-key accesskey private_key signing_key"
        " encryption_key account_key auth_key",
        r"(?i)(?:secret|token|api[_ -]?key|(?:secret|access|private|signing|encryption|account|auth)[_-]?key)"
        rf"{_AFTER_ASSIGN}",
        lambda secret: len(secret) >= 8 and _value(secret),
    ),
)
