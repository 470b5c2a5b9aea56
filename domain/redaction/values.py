"""Values that are known by the name before them, in assignments, on command lines and in prose."""

from rookery.domain.redaction.judging import in_prose, password, typed, value, word
from rookery.domain.redaction.rule import ASSIGN, named

_QUOTED = (
    r"\\{0,2}\"(?P<a>[^\s\"\\]{6,300}+)\\{0,2}\"|\\{0,2}'(?P<b>[^\s'\\]{6,300}+)\\{0,2}'|`(?P<c>[^\s`]{6,300}+)`"
    r"|\"(?P<d>[^\s\"]{6,300}+)\"|'(?P<e>[^\s']{6,300}+)'"
)
_BARE = r"(?P<bare>[^\s\"'`<>\[\](),;&={}|\\]{6,300}+={0,2}+)(?![(\[])"
_AFTER_ASSIGN = rf"{ASSIGN}(?:{_QUOTED}|{_BARE})"
_NAMED = r"(?:password|passwd|pwd|passphrase|passwort|kennwort|mot de passe|contrase\u00f1a|[_-]pass)"
_SPOKEN = r"(?:password|passphrase|passwort|kennwort|mot de passe|contrase\u00f1a)[ \t]{1,2}"
_IS = r"(?:(?:is|was|ist|war|lautet|est|es):?[ \t]{1,2})?"
_LINE_BEGINS = r"(?:^|[.!?;,][ \t])[ \t]{0,40}(?:[-*][ \t])?(?:[\w'-]{1,20} ){0,4}[\w.$:-]{0,60}?"
_LITERALS = "passw pwd passphrase kennwort passe contrase\u00f1a _pass -pass"

VALUES = (
    named(
        "password",
        "password pwd",
        r"(?i)(?:server|host|source|address|user|uid|user ?id|username|database|dbname|catalog)\s?=[^;\n]{1,200};"
        r"(?:[^;=\n]{1,40}=[^;\n]{0,200};){0,6}?\s{0,3}(?:password|pwd)\s?=\s?(?P<secret>[^;\"'\s\[\]]{3,200})",
    ),
    named(
        "password",
        "--",
        r"(?i)(?<![\w-])--[a-z-]{0,30}(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,3}"
        rf"(?:{_QUOTED}|{_BARE})",
        value,
    ),
    named(
        "password",
        "passw pwd passphrase _pass -pass",
        rf"(?i)(?:password|passwd|pwd|passphrase|[_-]pass){_AFTER_ASSIGN}",
        password,
    ),
    named(
        "secret",
        "secret token api_key api-key apikey api key access_key access-key accesskey private_key signing_key"
        " encryption_key account_key auth_key subscription-key subscription_key",
        r"(?i)(?:secret|token|api[_ -]?key|"
        r"(?:secret|access|private|signing|encryption|account|auth|subscription)[_-]?key(?:_base)?)"
        rf"{_AFTER_ASSIGN}",
        lambda secret: len(secret) >= 8 and value(secret),
    ),
    named(
        "password",
        _LITERALS,
        rf"(?i){_NAMED}{ASSIGN}\\{{0,2}}[\"'](?P<secret>[^\s\"'\\]{{4,100}}+)\\{{0,2}}[\"']",
        word,
    ),
    named(
        "password",
        _LITERALS,
        rf"(?im){_LINE_BEGINS}{_NAMED}[ \t]{{0,4}}[=:][ \t]{{0,4}}"
        r"(?P<secret>[^\s\"'`<>&]{4,100}+)[ \t\r]{0,8}$",
        word,
    ),
    named(
        "password",
        "PASS PWD",
        r"(?<![A-Za-z0-9_])(?:[A-Z][A-Z0-9_]{0,40})?(?:PASSWORD|PASSWD|_PASS|_PWD)=(?P<secret>[^\s\"'`;&|<>\\]{4,200})",
        word,
    ),
    named(
        "password",
        "pass pw",
        r"(?i)(?:[?&;]|--)[a-z-]{0,30}(?:password|passwd|passphrase|pwd|pass|pw)=[\"']?(?P<secret>[^\s&#\"'<>;\\]{3,200})",
        typed,
    ),
    named(
        "password",
        "<pass <pw",
        r"(?i)<(?:password|passwd|passphrase|pwd)>\s{0,4}(?P<secret>[^<\s]{3,200})\s{0,4}</",
        typed,
    ),
    named(
        "password",
        "password passphrase passwort kennwort passe contrase\u00f1a",
        rf"(?i){_SPOKEN}{_IS}[\"'\u201c\u2018`\u201e\u00ab](?P<secret>[^\s\"'`\u201c\u201d\u2019\u00bb]{{4,100}})"
        r"[\"'\u201c\u201d\u2019`\u00bb]",
        word,
    ),
    named(
        "password",
        "password passphrase passwort kennwort passe contrase\u00f1a",
        rf"(?i){_SPOKEN}{_IS}(?P<bare>[^\s\"'`<>()\[\]{{}}=]{{6,100}}?)(?=[.,;:!?)]{{0,3}}(?:\s|$))",
        in_prose,
    ),
    named("password", "pw", rf"(?i)(?<![a-z0-9])pw{_AFTER_ASSIGN}", value),
    named(
        "secret",
        "env set",
        r"(?im)^[ \t]{0,8}(?:env|setenv|setx)[ \t]{1,4}\w{0,40}?(?:secret|token|password|key)\w{0,10}[ \t]{1,4}"
        r"(?P<bare>\S{8,300})",
        value,
    ),
)
