"""Credentials that are known by where they stand: key files, headers, addresses, the files of single programs."""

from rookery.domain.redaction.judging import basic, bearer, drawn_by_lot, encoded_key, key_block, typed
from rookery.domain.redaction.rule import ASSIGN, named

_END_PART = r"-----END [A-Z0-9 ]{0,40}-----"
_LONELY_HOST = r"(?:localhost|[\w-]{1,60}(?:\.[\w-]{1,60}){1,6})"

# An atomic group and not `(?:…)*+`: the `re` of Python 3.11.2, which Debian 12 has, then misses matches.
PLACES = (
    named(
        "private-key",
        "-----BEGIN",
        r"(?P<a>-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]*+(?>(?:-(?!----)[^-]*+)*)"
        rf"{_END_PART})|(?P<b>-----BEGIN (?:[A-Z0-9]{{1,12}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr]){1,4}[A-Za-z0-9+/=]{16,}+)+)",
        key_block,
    ),
    named("url-password", "://", r"://[^\s/:@\"'<>\[\]?#]{0,200}:(?P<secret>[^\s/@\"'<>\[\]?#]{1,300})@"),
    named(
        "authorization",
        "authorization",
        rf"(?i)authorization{ASSIGN}[\"']?(?:bearer|token|bot|apikey)\s{{1,4}}(?P<secret>[^\s\"',;<>\[\]]{{8,4000}})",
        bearer,
    ),
    named(
        "authorization",
        "basic",
        rf"(?i)authorization{ASSIGN}[\"']?basic\s{{1,4}}(?P<secret>[A-Za-z0-9+/]{{6,1000}}+={{0,2}})",
        basic,
    ),
    named(
        "authorization", "bearer", r"(?i)(?<![\w-])bearer\s{1,4}(?P<secret>[A-Za-z0-9._~+/=-]{20,4000})", drawn_by_lot
    ),
    named(
        "aws-key",
        "AKIA ASIA",
        r"(?<![A-Za-z0-9])(?P<secret>A[KS]IA[A-Z0-9]{16}[,\s:]{1,4}[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    named(
        "aws-secret",
        "secret",
        rf"(?i)secret[_ -]?(?:access[_ -]?)?key{ASSIGN}[\"']?(?P<secret>[A-Za-z0-9/+]{{40}})(?![A-Za-z0-9/+=])",
    ),
    named(
        "slack-webhook",
        "hooks.slack.com",
        r"(?P<secret>https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,})",
        drawn_by_lot,
    ),
    named(
        "discord-webhook",
        "/api/webhooks/",
        r"(?P<secret>https://discord(?:app)?\.com/api/webhooks/\d{10,22}/[A-Za-z0-9_-]{40,})",
    ),
    named(
        "azure-key",
        "accountkey sharedaccesskey sig=",
        r"(?i)(?:accountkey|sharedaccesskey|[?&]sig)=(?P<secret>[A-Za-z0-9+/%]{30,200}={0,2})",
    ),
    named(
        "private-key",
        "Private-Lines:",
        r"Private-Lines: \d{1,4}(?P<secret>(?:(?:\s|\\[nr]){1,4}(?!Private-)[A-Za-z0-9+/=]{4,}+)+)",
    ),
    named("private-key", "LS0tLS1CRUdJTi", r"(?P<secret>LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}+={0,2})", encoded_key),
    named(
        "password",
        "login",
        r"(?i)\blogin[ \t\r\n]{1,12}\S{1,100}[ \t\r\n]{1,12}password[ \t\r\n]{1,12}(?P<secret>\S{3,200})",
        typed,
    ),
    named(
        "password",
        ":",
        rf"(?m)^{_LONELY_HOST}:(?:\d{{2,5}}|\*):[^:\s]{{1,60}}:[^:\s]{{1,60}}:(?P<secret>[^:\s]{{3,200}})$",
        typed,
    ),
    named(
        "authorization",
        "auth",
        r"(?i)(?<![a-z0-9])(?:_?auth|_password)[\"'\\]{0,3}\s{0,3}[:=]\s{0,3}[\"'\\]{0,3}(?P<secret>[a-z0-9+/]{8,1000}+={0,2})"
        r"(?![\w.=-])",
        basic,
    ),
    named(
        "session",
        "cookie",
        r"(?i)(?:sess|sid|auth|token|jwt|remember|csrf|xsrf|login)[\w.-]{0,20}=(?P<secret>[a-z0-9%._~+/=-]{16,4000})",
        drawn_by_lot,
    ),
    named(
        "secret",
        "token= key= secret= signature= auth= sig= code= jwt= session= sid= credential= ticket=",
        r"(?i)[?&;](?:[\w.-]{0,30}(?:token|key|secret|signature|session)|auth|sig|code|jwt|sid|credential|ticket)="
        r"(?P<secret>[^\s&#\"'<>\[\]()\\]{16,4000})",
        drawn_by_lot,
    ),
)
