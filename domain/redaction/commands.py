"""Passwords that are given to programs on a command line."""

from rookery.domain.redaction.judging import typed
from rookery.domain.redaction.rule import named

_ARGUMENT = r"[\"']?(?P<secret>[^\s\"'\\]{3,200})"
_SOON = r"[^\n]{0,200}?"  # on the same line

COMMANDS = (
    named(
        "password",
        "curl http",
        rf"(?:\bcurl|(?<![\w/:])https?(?=[ \t])){_SOON}\s(?:-u|-U|-a|--user|--auth|--proxy-user)[ =]{{0,2}}[\"']?"
        r"[^\s:\"'/]{1,100}:(?P<secret>[^\s\"'\\]{1,200})",
        typed,
    ),
    named(
        "password",
        "mysql mariadb",
        rf"(?:\bmysql(?:dump|admin|import)?|\bmariadb)\s{_SOON}(?<=\s)-p[\"']?(?P<secret>[^\s\"'\\=-][^\s\"'\\]{{2,100}})",
        typed,
    ),
    named("password", "sshpass", rf"\bsshpass\s{{1,4}}-p\s{{0,4}}{_ARGUMENT}", typed),
    named("password", "redis-cli", rf"\bredis-cli\s{_SOON}(?<=\s)-a\s{{1,4}}{_ARGUMENT}", typed),
    named("password", "login", rf"\blogin\s{_SOON}(?<=\s)-p\s{{1,4}}{_ARGUMENT}", typed),
    named("password", "pass:", rf"-pass(?:in|out)?\s{{1,4}}pass:{_ARGUMENT}", typed),
)
