"""Credentials in the places where they are found, drawn by lot: none of them opens anything.

They are put together here from parts, so that no scanner takes this file for a leak.
"""

import base64
import json
import random
import string
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

LETTERS, DIGITS, HEX = string.ascii_letters, string.digits, "0123456789abcdef"
WORD = LETTERS + DIGITS
URLSAFE = WORD + "-_"
B64 = WORD + "+/"
HOSTS = ("db.harbour.example", "cache.internal", "10.1.2.3", "localhost", "rooks.example.org", "queue-7.prod.example")
USERS = ("ada", "admin", "app_user", "svc-rooks", "postgres", "root", "deploy", "j.murray@example.org")
PLAIN = [
    "swordfish",
    "opensesame",
    "correcthorse",
    "letmein",
    "dragonfly",
    "starlight",
    "moonraker",
    "blackbird",
    "kittiwake",
    "guillemot",
]


class Planted(NamedTuple):
    """A text with credentials in it, and the parts of it that must not be left."""

    kind: str
    text: str
    secrets: tuple[str, ...]


class Draw:
    """A seeded lot."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def of(self, alphabet: str, length: int) -> str:
        """Draw characters; digits, small and capital letters are all among them where the alphabet has them."""
        drawn = [self.rng.choice(alphabet) for _ in range(length)]
        for place, group in enumerate((DIGITS, string.ascii_lowercase, string.ascii_uppercase)):
            if set(group) <= set(alphabet) and length > 6:
                drawn[self.rng.randrange(place + 1, length - 3) // 4 * 4 % length] = self.rng.choice(group)
        drawn[:3] = [self.rng.choice([one for one in alphabet if one.isalnum()]) for _ in drawn[:3]]
        return "".join(drawn)

    def one(self, choices: tuple[str, ...] | list[str]) -> str:
        """Draw one."""
        return self.rng.choice(list(choices))

    def password(self) -> str:
        """Draw what people choose."""
        word = self.one(PLAIN)
        forms = (
            f"{word.title()}{self.rng.randrange(10, 9999)}{self.one(('!', '?', '#', ''))}",
            f"{word[:4]}-{self.of(DIGITS, 4)}-{word[4:]}",
            self.of(WORD + "!$%*+?", 14),
            f"{word.replace('o', '0').replace('e', '3')}{self.rng.randrange(9)}",
        )
        return self.one(forms)


def github(draw: Draw, prefix: str) -> str:
    """As GitHub makes them: 30 characters and their checksum."""
    body = draw.of(WORD, 30)
    value, digits = zlib.crc32(body.encode()), DIGITS + string.ascii_uppercase + string.ascii_lowercase
    check = ""
    for _ in range(6):
        value, rest = divmod(value, 62)
        check = digits[rest] + check
    return prefix + body + check


def jwt(draw: Draw) -> str:
    """Signed with nothing."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": draw.of(DIGITS, 8), "name": draw.one(USERS), "iat": 1767225600})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, draw.of(URLSAFE, 43)])


def pem(draw: Draw, name: str, lines: int = 12) -> str:
    """A block whose lines are random."""
    body = "\n".join(draw.of(B64, 64) for _ in range(lines))
    return f"-----BEGIN {name}-----\n{body}\n{draw.of(B64, 30)}==\n-----END {name}-----"


TOKENS: dict[str, Callable[[Draw], str]] = {
    "aws access key": lambda d: "AK" + "IA" + d.of(string.ascii_uppercase + "234567", 16),
    "aws session key": lambda d: "AS" + "IA" + d.of(string.ascii_uppercase + "234567", 16),
    "github classic": lambda d: github(d, d.one(("gh" + "p_", "gh" + "o_", "gh" + "s_", "gh" + "r_"))),
    "github fine-grained": lambda d: "github" + "_pat_" + d.of(WORD, 22) + "_" + d.of(WORD, 59),
    "gitlab": lambda d: "gl" + "pat-" + d.of(URLSAFE, 20),
    "slack bot": lambda d: f"xo{'xb'}-{d.of(DIGITS, 12)}-{d.of(DIGITS, 13)}-{d.of(WORD, 24)}",
    "slack user": lambda d: f"xo{'xp'}-{d.of(DIGITS, 12)}-{d.of(DIGITS, 12)}-{d.of(DIGITS, 13)}-{d.of(HEX, 32)}",
    "slack app": lambda d: f"xa{'pp'}-1-A{d.of(DIGITS, 10)}-{d.of(DIGITS, 13)}-{d.of(HEX, 64)}",
    "slack webhook": lambda d: (
        f"https://hooks.sl{'ack'}.com/services/T{d.of(DIGITS, 8)}/B{d.of(DIGITS, 8)}/{d.of(WORD, 24)}"
    ),
    "notion": lambda d: d.one((f"nt{'n_'}{d.of(DIGITS, 11)}{d.of(WORD, 35)}", f"secret{'_'}{d.of(WORD, 43)}")),
    "atlassian": lambda d: f"ATA{'TT3'}xFfGF0{d.of(URLSAFE, 175)}={d.of('0123456789ABCDEF', 8)}",
    "anthropic": lambda d: f"sk-{'ant'}-{d.one(('api03', 'admin01', 'oat01'))}-{d.of(URLSAFE, 93)}AA",
    "openai legacy": lambda d: f"sk{'-'}{d.of(WORD, 20)}T3BlbkFJ{d.of(WORD, 20)}",
    "openai project": lambda d: f"sk-{'proj'}-{d.of(URLSAFE, 74)}T3BlbkFJ{d.of(URLSAFE, 74)}",
    "openai service": lambda d: f"sk-{'svcacct'}-{d.of(URLSAFE, 58)}T3BlbkFJ{d.of(URLSAFE, 58)}",
    "openrouter": lambda d: f"sk-{'or-v1'}-{d.of(HEX, 64)}",
    "huggingface": lambda d: f"hf{'_'}{d.of(LETTERS, 34)}",
    "google api": lambda d: f"AI{'za'}Sy{d.of(URLSAFE, 33)}",
    "google client secret": lambda d: f"GOC{'SPX'}-{d.of(URLSAFE, 28)}",
    "google access": lambda d: f"ya{'29'}.a0{d.of(URLSAFE, 120)}",
    "google refresh": lambda d: f"1{'//'}0{d.one(('4', '3', 'g'))}{d.of(URLSAFE, 80)}",
    "stripe": lambda d: f"{d.one(('sk', 'rk'))}_{'live'}_{d.of(WORD, 99)}",
    "stripe short": lambda d: f"sk_{'test'}_{d.of(WORD, 24)}",
    "stripe webhook": lambda d: f"wh{'sec'}_{d.of(WORD, 32)}",
    "twilio": lambda d: f"S{'K'}{d.of(HEX, 32)}",
    "sendgrid": lambda d: f"S{'G'}.{d.of(URLSAFE, 22)}.{d.of(URLSAFE, 43)}",
    "mailgun": lambda d: f"key{'-'}{d.of(HEX, 32)}",
    "npm": lambda d: f"np{'m_'}{d.of(WORD, 36)}",
    "pypi": lambda d: f"py{'pi'}-AgEIcHlwaS5vcmc{d.of(URLSAFE, 140)}",
    "telegram": lambda d: f"{d.of('123456789', 10)}:{'AA'}{d.of(URLSAFE, 33)}",
    "discord": lambda d: f"{'M'}T{d.of(WORD, 24)}.G{d.of(WORD, 5)}.{d.of(URLSAFE, 38)}",
    "jwt": jwt,
    "azure client secret": lambda d: f"{d.of(WORD, 3)}8{'Q~'}{d.of(WORD + '_.-', 34)}",
    "databricks": lambda d: f"da{'pi'}{d.of(HEX, 32)}",
    "digitalocean": lambda d: f"do{'p_v1'}_{d.of(HEX, 64)}",
    "shopify": lambda d: f"sh{'pat'}_{d.of(HEX, 32)}",
    "grafana": lambda d: f"gl{'sa'}_{d.of(WORD, 32)}_{d.of(HEX, 8)}",
    "docker hub": lambda d: f"dck{'r_pat'}_{d.of(URLSAFE, 27)}",
    "groq": lambda d: f"gs{'k_'}{d.of(WORD, 52)}",
    "replicate": lambda d: f"r{'8_'}{d.of(WORD, 37)}",
    "vault": lambda d: f"hv{'s'}.{d.of(URLSAFE, 90)}",
    "terraform cloud": lambda d: f"{d.of(WORD, 14)}.{'atlas'}v1.{d.of(URLSAFE, 67)}",
    "age": lambda d: f"AGE-{'SECRET'}-KEY-1{d.of('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}",
    "rookery": lambda d: f"r{'k_'}{d.of(URLSAFE, 43)}",
}

AROUND = (
    "export SERVICE_KEY={0}",
    "THE_VALUE='{0}'  # rotate in May",
    '{{"region": "eu-west-1", "credential": "{0}", "retries": 3}}',
    "service:\n  url: https://api.example.org\n  credential: {0}\n  timeout: 30\n",
    '[service]\nvalue = "{0}"\n',
    'client = Client("{0}", timeout=30)',
    "const client = new Client({{ auth: '{0}' }});",
    "I pasted it into the chat by mistake: {0} - please revoke it, thanks!",
    "curl -s https://api.example.org/v1/things -H 'X-Key: {0}' | jq .",
    "GET /v1/things?since=2024&credential={0}&page=2 HTTP/1.1",
    "ERROR 2026-02-03 refused for {0}: 401 Unauthorized",
    "<setting name='credential'>{0}</setting>",
    "| name | value |\n|---|---|\n| key | `{0}` |\n",
    '{{\\"inner\\": \\"{0}\\"}}',
    "(see {0})",
)

Maker = Callable[[Draw], tuple[str, tuple[str, ...]]]


def _filled(*templates: str, secret: Callable[[Draw], str]) -> Maker:
    """Make texts of templates in which `{s}` is the secret, `{u}` a user and `{h}` a host."""

    def make(draw: Draw) -> tuple[str, tuple[str, ...]]:
        drawn = secret(draw)
        template = draw.one(templates)
        text = template.replace("{s}", drawn).replace("{u}", draw.one(USERS[:-1])).replace("{h}", draw.one(HOSTS))
        return text, (drawn,)

    return make


def _encoded(*templates: str) -> Maker:
    """As `_filled`, of `user:password` in base64."""
    return _filled(*templates, secret=lambda d: base64.b64encode(f"{d.one(USERS)}:{d.password()}".encode()).decode())


def _block(draw: Draw, text: str) -> tuple[str, tuple[str, ...]]:
    lines = tuple(line for line in text.replace("\\n", "\n").split("\n") if len(line) > 24 and " " not in line)
    return f"{draw.one(('the deploy key:', '# id_rooks', 'key: |'))}\n{text}\nends here", lines


def _pem(draw: Draw) -> tuple[str, tuple[str, ...]]:
    names = ("RSA PRIVATE " + "KEY", "EC PRIVATE " + "KEY", "PRIVATE " + "KEY", "ENCRYPTED PRIVATE " + "KEY")
    text = pem(draw, draw.one(names))
    return _block(draw, draw.one((text, text.replace("\n", "\\n"), text.replace("\n", "\n    "))))


def _putty(draw: Draw) -> tuple[str, tuple[str, ...]]:
    private = [draw.of(B64, 64), draw.of(B64, 64), draw.of(B64, 28)]
    head = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: rooks\nPublic-Lines: 1\n" + draw.of(B64, 40)
    body = f"Private-Lines: {len(private)}\n" + "\n".join(private)
    return f"{head}\n{body}\nPrivate-MAC: {draw.of(HEX, 64)}\n", tuple(private)


def _service_account(draw: Draw) -> tuple[str, tuple[str, ...]]:
    key = pem(draw, "PRIVATE " + "KEY")
    document = {"type": "service_account", "private_key_id": draw.of(HEX, 40), "private_key": key, "client_id": "1"}
    return json.dumps(document, indent=2), tuple(line for line in key.split("\n") if "-----" not in line)


def _kube_key(draw: Draw) -> tuple[str, tuple[str, ...]]:
    key = base64.b64encode(pem(draw, "RSA PRIVATE " + "KEY", lines=4).encode()).decode()
    cert = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----").decode()
    return f"users:\n- name: ada\n  user:\n    client-certificate-data: {cert}\n    client-key-data: {key}\n", (
        key[44:],
    )


CONTEXTS: dict[str, Maker] = {
    "aws secret": _filled(
        "aws_secret_access_key = {s}",
        "export AWS_SECRET_ACCESS_KEY={s}",
        '"SecretAccessKey": "{s}",',
        "AWS_SECRET_KEY: {s}",
        secret=lambda d: d.of(B64, 40),
    ),
    "database URL": _filled(
        "DATABASE_URL=postgresql://{u}:{s}@{h}:5432/rooks",
        "mysql://{u}:{s}@{h}/rooks?ssl=true",
        'MONGO = "mongodb+srv://{u}:{s}@{h}/?retryWrites=true"',
        "redis://:{s}@{h}:6379/0",
        "broker: amqps://{u}:{s}@{h}:5671/vhost",
        "git clone https://{u}:{s}@git.example.org/rooks.git",
        "extra-index-url = https://{u}:{s}@packages.example.org/simple",
        secret=lambda d: d.of(WORD, 12),
    ),
    "connection string": _filled(
        "Server=tcp:{h},1433;Initial Catalog=rooks;User ID={u};Password={s};Encrypt=True;",
        "Driver={PostgreSQL};Server={h};Port=5432;Database=rooks;Uid={u};Pwd={s};",
        "jdbc:sqlserver://{h};databaseName=rooks;user={u};password={s};",
        "jdbc:postgresql://{h}/rooks?user={u}&password={s}&ssl=true",
        "host={h} dbname=rooks user={u} password={s} sslmode=require",
        secret=lambda d: d.password(),
    ),
    "azure storage": _filled(
        "DefaultEndpointsProtocol=https;AccountName=rooks;AccountKey={s};EndpointSuffix=core.example.net",
        "Endpoint=sb://rooks.example.net/;SharedAccessKeyName=root;SharedAccessKey={s}",
        secret=lambda d: d.of(B64, 86) + "==",
    ),
    "azure signature": _filled(
        "https://rooks.example.net/box/a.csv?sv=2023-11-03&st=2026&se=2027&sr=b&sp=r&sig={s}",
        secret=lambda d: d.of(WORD, 43) + "%3D",
    ),
    "s3 signature": _filled(
        "https://rooks.s3.example.com/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-Signature={s}",
        secret=lambda d: d.of(HEX, 64),
    ),
    "basic header": _encoded(
        "Authorization: Basic {s}",
        "curl -H 'Authorization: Basic {s}' https://x.example",
        '"authorization": "Basic {s}"',
    ),
    "bearer header": _filled(
        "Authorization: Bearer {s}",
        '{"headers": {"Authorization": "Bearer {s}"}}',
        "requests.get(url, headers={'Authorization': f'Bearer {s}'})",
        'curl -H "Authorization: Bearer {s}" https://x.example',
        "proxy-authorization: bearer {s}",
        secret=lambda d: d.of(URLSAFE, 40),
    ),
    "api key header": _filled(
        "X-Api-Key: {s}",
        "api-key: {s}",
        "curl -H 'x-api-key: {s}' https://x.example",
        '"Ocp-Apim-Subscription-Key": "{s}"',
        "X-Auth-Token: {s}",
        secret=lambda d: d.of(HEX, 32),
    ),
    "cookie": _filled(
        "Cookie: theme=dark; sessionid={s}; lang=en",
        "Set-Cookie: session={s}; Path=/; HttpOnly; Secure",
        "curl -b 'connect.sid={s}' https://x.example  # cookie",
        "cookie: _ga=GA1.2.3; auth_token={s}",
        "Set-Cookie: JSESSIONID={s}; Path=/",
        "Cookie: PHPSESSID={s}",
        secret=lambda d: d.of(WORD, 32),
    ),
    "URL query": _filled(
        "https://x.example/feed?access_token={s}&limit=3",
        "https://x.example/hook?token={s}",
        "GET /v1/maps?zoom=3&key={s} HTTP/1.1",
        "wss://x.example/live?auth={s}",
        "https://x.example/reset?reset_token={s}",
        "https://x.example/cb?code={s}&state=1",
        "https://x.example/a?apikey={s}#top",
        secret=lambda d: d.of(WORD, 32),
    ),
    "curl user": _filled(
        "curl -u {u}:{s} https://x.example/api",
        "curl --user '{u}:{s}' https://x.example/api",
        'curl -sS -X POST -u "{u}:{s}" https://x.example',
        "http -a {u}:{s} POST x.example",
        "wget --user={u} --password={s} https://x.example",
        secret=lambda d: d.password(),
    ),
    "shell password": _filled(
        "sshpass -p {s} ssh {u}@{h}",
        "mysql -h {h} -u {u} -p{s} rooks",
        "PGPASSWORD={s} psql -h {h} -U {u}",
        "redis-cli -h {h} -a {s} ping",
        "docker login -u {u} -p {s} registry.example.org",
        "mysqldump --password={s} rooks",
        "openssl rsa -passin pass:{s} -in key.pem",
        secret=lambda d: d.of(WORD, 12),
    ),
    "environment": _filled(
        "DB_PASSWORD={s}",
        "export ADMIN_PASS={s}",
        "JIRA_API_TOKEN={s}",
        'SMTP_PASSWORD="{s}"',
        "MYSQL_ROOT_PASSWORD: {s}",
        "TWILIO_AUTH_TOKEN={s}",
        "$env:API_SECRET = '{s}'",
        "SET APP_SECRET={s}",
        "- REDIS_PASSWORD={s}",
        "ENV SECRET_KEY {s}",
        secret=lambda d: d.of(WORD, 20),
    ),
    "plain-word password": _filled(
        "password: {s}",
        "DB_PASSWORD={s}",
        '{"user": "{u}", "password": "{s}"}',
        "db:\n  user: {u}\n  password: {s}\n  port: 5432",
        'password = "{s}"',
        "connect(host='{h}', user='{u}', password='{s}')",
        "spring.datasource.password={s}",
        "<password>{s}</password>",
        "login: {u}\npasswd: {s}\n",
        "https://x.example/login?user={u}&password={s}",
        "Passwort: {s}\n",
        'the password is "{s}"',
        secret=lambda d: d.one(PLAIN),
    ),
    "prose password": _filled(
        "The Wi-Fi password is {s}, by the way.",
        "Log in as {u} with password {s} and look around.",
        "my password: {s}",
        "use the passphrase '{s}' for the archive",
        "Das Passwort lautet {s}.",
        "le mot de passe est {s}",
        "pw: {s}",
        secret=lambda d: d.one(PLAIN).title() + d.of(DIGITS, 4),
    ),
    "netrc": _filled(
        "machine {h} login {u} password {s}",
        "machine {h}\n  login {u}\n  password {s}\n",
        "default login {u} password {s}",
        secret=lambda d: d.one((d.password(), d.one(PLAIN))),
    ),
    "pgpass": _filled(
        "{h}:5432:rooks:{u}:{s}", "localhost:*:*:{u}:{s}", secret=lambda d: d.one((d.password(), d.one(PLAIN)))
    ),
    "docker config": _encoded(
        '{"auths": {"registry.example.org": {"auth": "{s}"}}}', '"https://index.example/v1/": {\n  "auth": "{s}"\n}'
    ),
    "npmrc": _filled(
        "//registry.example.org/:_authToken={s}",
        "_auth={s}",
        secret=lambda d: base64.b64encode(f"{d.one(USERS)}:{d.password()}".encode()).decode(),
    ),
    "kubeconfig token": _filled("users:\n- name: ada\n  user:\n    token: {s}\n", secret=jwt),
    "kubeconfig key": _kube_key,
    "private key": _pem,
    "openssh key": lambda d: _block(d, pem(d, "OPENSSH PRIVATE " + "KEY")),
    "pgp key": lambda d: _block(d, pem(d, "PGP PRIVATE " + "KEY BLOCK")),
    "putty key": _putty,
    "service account": _service_account,
    "client secret": _filled(
        "client_id: rooks\nclient_secret: {s}\n",
        "OAUTH_CLIENT_SECRET={s}",
        '"client_secret": "{s}"',
        "clientSecret: '{s}',",
        "grant_type=client_credentials&client_secret={s}&scope=all",
        secret=lambda d: d.of(URLSAFE, 40),
    ),
    "framework secret": _filled(
        "SECRET_KEY = 'django-insecure-{s}'",
        "JWT_SECRET={s}",
        "app.secret_key = '{s}'",
        "encryption_key: {s}",
        'signingKey = "{s}"',
        "config.secret_key_base = '{s}'",
        secret=lambda d: d.of(WORD, 50),
    ),
}


def credentials(seed: int = 20, *, each: int = 5) -> list[Planted]:
    """Return `each` texts of each kind."""
    return [*_tokens(Draw(seed), each), *_contexts(Draw(seed + 1), each)]


def _tokens(draw: Draw, each: int) -> Iterator[Planted]:
    for kind, make in TOKENS.items():
        for template in draw.rng.sample(AROUND, each):
            secret = make(draw)
            yield Planted(kind, template.format(secret), (secret.removeprefix("https://hooks.slack.com/services"),))


def _contexts(draw: Draw, each: int) -> Iterator[Planted]:
    for kind, make in CONTEXTS.items():
        for _ in range(each):
            yield Planted(kind, *make(draw))


def left_of(planted: Planted, text: str) -> list[str]:
    """Return what is left of the secrets in a text: pieces of eight characters, or all of a shorter one."""
    pieces = [secret[at : at + 8] for secret in planted.secrets for at in range(max(1, len(secret) - 7))]
    return [piece for piece in pieces if piece in text]
