"""What looks like a credential and is none, drawn by lot."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.attacks.credentials import B64, DIGITS, HEX, LETTERS, WORD, Draw

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Innocent(NamedTuple):
    """A text in which nothing is to be replaced."""

    kind: str
    text: str


def _image(draw: Draw) -> str:
    data = base64.b64encode(draw.rng.randbytes(draw.rng.randrange(120, 600))).decode()
    return draw.one(
        (f"![plot](data:image/png;base64,iVBORw0KGgo{data})", f'<img src="data:image/jpeg;base64,/9j/{data}">')
    )


def _script(draw: Draw) -> str:
    a, b, c = (draw.of(LETTERS, 2) for _ in range(3))
    return f"!function({a},{b}){{var {c}={a}.key||{b}.token;{c}&&{c}.set({{password:{a}.p,secret:{b}[0]}},!0)}}(window,document);"


def _public_key(draw: Draw) -> str:
    body = "\n".join(draw.of(B64, 64) for _ in range(5))
    name = draw.one(("PUBLIC KEY", "CERTIFICATE", "RSA PUBLIC KEY", "PGP PUBLIC KEY BLOCK", "CERTIFICATE REQUEST"))
    return f"-----BEGIN {name}-----\n{body}\n-----END {name}-----"


def _hashes(draw: Draw) -> str:
    digest = draw.of(HEX, draw.one(("32", "40", "64", "128")) and draw.rng.choice([32, 40, 64, 128]))
    return draw.one(
        (
            f"commit {digest}",
            f"sha256:{digest}",
            f"{digest}  rooks.tar.gz",
            f'ETag: "{digest}"',
            f"index {digest[:7]}..{digest[7:14]} 100644",
        )
    )


DRAWN: dict[str, Callable[[Draw], str]] = {
    "hash": _hashes,
    "UUID": lambda d: d.one(("id: {}", "trace_id={}", '{{"run": "{}"}}', "GET /v1/runs/{} HTTP/1.1")).format(
        uuid.UUID(int=d.rng.getrandbits(128))
    ),
    "ULID": lambda d: f"request 01{d.of(CROCKFORD, 24)} took 12 ms",
    "image": _image,
    "script": _script,
    "public key": _public_key,
    "SSH public key": lambda d: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{d.of(B64, 43)} ada@rooks",
    "lockfile": lambda d: d.one(
        (
            f'"integrity": "sha512-{d.of(B64, 86)}==",',
            f'{{ url = "https://files.example.org/a-1.0.tar.gz", hash = "sha256:{d.of(HEX, 64)}", size = 1234 }}',
            f"github.com/a/b v1.2.3 h1:{d.of(B64, 43)}=",
            f'resolved "https://registry.example.org/a/-/a-1.0.0.tgz#{d.of(HEX, 40)}"',
        )
    ),
    "MAC address": lambda d: "link/ether " + ":".join(d.rng.choice(HEX) + d.rng.choice(HEX) for _ in range(6)),
    "IPv6": lambda d: "inet6 2001:db8:" + ":".join(f"{d.rng.randrange(65536):x}" for _ in range(6)),
    "e-mail": lambda d: f"Write to {d.of(LETTERS, 6).lower()}.{d.of(LETTERS, 8).lower()}@rooks.example.org by Friday.",
    "long address": lambda d: (
        f"https://rooks.example.org/archive/{d.rng.randrange(1900, 2026)}/the-{d.of(LETTERS, 9).lower()}-of-the-colony?page={d.rng.randrange(99)}&sort=desc&utm_source=letter#fn{d.rng.randrange(9)}"
    ),
    "ISBN, DOI": lambda d: d.one(
        (
            f"ISBN 978-3-{d.of(DIGITS, 5)}-{d.of(DIGITS, 3)}-{d.of(DIGITS, 1)}",
            f"https://doi.org/10.{d.of(DIGITS, 4)}/rooks.{d.of(DIGITS, 4)}.{d.of(DIGITS, 6)}",
            f"arXiv:{d.of(DIGITS, 4)}.{d.of(DIGITS, 5)}v2",
        )
    ),
    "IBAN": lambda d: "DE" + d.of(DIGITS, 2) + "".join(f" {d.of(DIGITS, 4)}" for _ in range(4)) + " 00",
    "numbers": lambda d: " ".join(f"{d.rng.uniform(-90, 90):.6f}" for _ in range(8)),
    "sequence": lambda d: "".join(d.rng.choice("ACGT") for _ in range(120)),
    "protein": lambda d: "".join(d.rng.choice("ACDEFGHIKLMNPQRSTVWY") for _ in range(80)),
    "password hash": lambda d: d.one(
        (f"password_hash: $2b$12${d.of(WORD, 53)}", f"root:$6${d.of(WORD, 8)}${d.of(WORD, 86)}:19000:0:99999:7:::")
    ),
    "ETag and cache": lambda d: f"/assets/index-{d.of(WORD, 8)}.js?v={d.of(HEX, 8)}",
    "log line": lambda d: (
        f"2026-02-03T10:11:12.{d.of(DIGITS, 6)}Z INFO token count: {d.of(DIGITS, 5)}, max_tokens={d.of(DIGITS, 4)}, cached_tokens={d.of(DIGITS, 4)}"
    ),
    "content id": lambda d: f"see ipfs://baf{d.of('abcdefghijklmnopqrstuvwxyz234567', 56)} for the scans",
    "notebook": lambda d: json.dumps(
        {
            "cell_type": "code",
            "execution_count": 3,
            "id": d.of(HEX, 8),
            "metadata": {},
            "source": ["key = data['key']\n"],
        }
    ),
    "git remote": lambda d: f"git@git.example.org:rooks/colony-{d.of(DIGITS, 3)}.git",
    "digest in a sentence": lambda d: (
        f"The snapshot {hashlib.sha256(d.of(WORD, 9).encode()).hexdigest()} was cited twice."
    ),
}

PROSE = """
The token ring was a network of the eighties; a token passed from station to station.
A token of affection, a token gesture, by the same token: the secret of the word is its age.
The secret to good bread is time. Her secret: patience.
The password is required. The password is stored as a hash and never shown.
The password was changed yesterday; the new password must be longer than 12 characters.
Enter your password and press Return. Forgot your password? Reset it here.
Passwords: 12 characters at least, of which 2 are digits.
Use a password manager. A password is something you know, a key is something you have.
The API key is passed in the header X-Api-Key; see the section on keys.
Set OPENAI_API_KEY before you start; OPENAI_API_KEY=your-key-here is all it takes.
Keys and tokens are described in chapter 3, secrets in chapter 4.
The private key never leaves the device; only the public key is sent.
Session cookies expire after 30 minutes; the cookie is called sessionid.
We count tokens: 128000 of context, 4096 of output, 2048 cached.
The basic authentication scheme sends user and password in base64.
Bearer tokens are described in RFC 6750; see section 2.1.
The authorization code is exchanged for an access token at the token endpoint.
He kept the key under the mat, and the secret to himself.
The passphrase protects the key; choose six random words.
Das Passwort ist erforderlich. Das Kennwort wurde geändert.
Bitte geben Sie Ihr Passwort ein: mindestens acht Zeichen, davon zwei Ziffern.
Die Schlüsselverwaltung liegt beim Betreiber; Donaudampfschifffahrtsgesellschaftskapitän.
Der Geheimnisverrat nach § 203 StGB; das Briefgeheimnis nach Art. 10 GG.
Le mot de passe est obligatoire. Le mot de passe a été oublié.
Le jeton est renouvelé toutes les heures; la clé reste secrète.
La contraseña es obligatoria. El secreto de la colonia.
Kittiwakes (Rissa tridactyla) nested at 57.12°N, 7.65°W in 1931, 1938 and 1959.
In Eq. 3, $K_{ij} = \\exp(-\\|x_i - x_j\\|^2 / 2\\sigma^2)$ is the key kernel.
\\begin{equation} p(y \\mid x) = \\prod_t p(y_t \\mid y_{<t}, x) \\label{eq:tokens} \\end{equation}
Attention maps a query and a set of key-value pairs to an output; keys have dimension d_k = 64.
Public-key cryptography (RSA-2048, Ed25519, secp256k1) and hashes (SHA-256, BLAKE2b) are compared.
password SHA-256 hashing, password PBKDF2-HMAC-SHA512 and password Argon2id are alternatives.
The maiden's name was MacDonald-Fraser22 in the register of 1822.
Model names: gemma-3-1b-it-q4_0, Qwen2.5-7B-Instruct-Q4_K_M.gguf, claude-sonnet-4-20250514, gpt-4o-mini-2024-07-18.
text-embedding-3-small, all-MiniLM-L6-v2, meta-llama/Llama-3.1-8B-Instruct, mistralai/Mixtral-8x7B-v0.1.
The flag --max-tokens 4096 and --token-limit 8000 bound the answer.
See https://example.org/docs/authentication#token-types and https://example.org/password-reset.
Chapter 12: The Secret Agent (1907), by J. Conrad. Secret: a novel.
At 10:42:17 the tide stood at 3.2 m; the ratio was 12:34:56:78.
"""

CODE = """
password = getpass.getpass("Password: ")
password: str = Field(min_length=8, description="of the user")
def login(username: str, password: str) -> Session:
self.password = password
this.password = options.password;
password = request.form["password"]
const token = await getToken({ audience, scope });
token: Optional[str] = None
if (!password) { throw new Error("password required"); }
<input type="password" name="password" placeholder="Password" autocomplete="current-password">
"password": "string"
"password": "Passwort"
"password": {"type": "string", "format": "password"}
password: required
password: optional
PASSWORD=
DB_PASSWORD=${DB_PASSWORD}
DB_PASSWORD=<your password>
DB_PASSWORD=changeme
password: !vault |
password: "{{ vault_password }}"
password: ${{ secrets.DB_PASSWORD }}
passwordRef: { name: rooks-db, key: password }
secretName: rooks-db-credentials
secretKeyRef:
token_type: bearer
grant_type=refresh_token
next_page_token = response.get("nextPageToken")
tokens = tokenizer.encode(text, add_special_tokens=False)
tokenizer.pad_token_id = tokenizer.eos_token_id
pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
keys = sorted(registry.keys(), key=lambda k: k.lower())
primary_key = Column(Integer, primary_key=True)
api_key = os.environ["OPENAI_API_KEY"]
api_key: process.env.API_KEY,
api_key=settings.api_key.get_secret_value(),
client = OpenAI(api_key="sk-...")
client = OpenAI(api_key="sk-xxxxxxxxxxxxxxxxxxxxxxxx")
headers = {"Authorization": f"Bearer {token}"}
headers: { Authorization: `Bearer ${token}` }
Authorization: Bearer <access token>
curl -H "Authorization: Bearer $TOKEN" https://api.example.org/v1/things
curl -u "$USER:$PASSWORD" https://api.example.org
curl -u user https://api.example.org
mysql -u root -p rooks < dump.sql
docker login -u ada --password-stdin registry.example.org
psql "postgresql://$PGUSER:$PGPASSWORD@localhost/rooks"
DATABASE_URL=postgresql://user:${PASSWORD}@localhost/rooks
DATABASE_URL=sqlite:///./rooks.db
redis://localhost:6379/0
http://localhost:8000/docs?token=
ssh -i ~/.ssh/id_ed25519 ada@rooks.example.org
-----BEGIN PRIVATE KEY-----
assert "password" not in response.text
log.info("token %s is about to expire", token_id)
raise ValueError("secret must be at least 32 bytes")
secret = secrets.token_urlsafe(32)
SECRET_KEY = get_random_secret_key()
signing_key: /run/secrets/signing_key
image: ghcr.io/rooks/colony@sha256:{hex}
uses: actions/checkout@{sha}
Cookie: theme=dark; lang=en
Set-Cookie: lang=en; Path=/; Max-Age=31536000
X-Request-Id: {hex32}
Content-Security-Policy: script-src 'sha256-{b64}='
machine translation of login pages and password prompts
aws configure set aws_access_key_id AKIAIOSFODNN7EXAMPLE_
AWS_SECRET_ACCESS_KEY=your-secret-access-key
key-value store, key-signature, key-frame-2024
CSRF token: {{ csrf_token }}
"""


def innocents(seed: int = 30, *, each: int = 6) -> list[Innocent]:
    """Return `each` texts of each kind that is drawn, the prose, and the code."""
    draw = Draw(seed)
    return [*_drawn(draw, each), *_written("prose", PROSE, draw), *_written("code", CODE, draw)]


def _drawn(draw: Draw, each: int) -> Iterator[Innocent]:
    for kind, make in DRAWN.items():
        for _ in range(each):
            yield Innocent(kind, make(draw))


def _written(kind: str, text: str, draw: Draw) -> Iterator[Innocent]:
    drawn = {
        "{hex}": draw.of(HEX, 64),
        "{sha}": draw.of(HEX, 40),
        "{hex32}": draw.of(HEX, 32),
        "{b64}": draw.of(B64, 43),
    }
    for line in text.strip().splitlines():
        for name, value in drawn.items():
            line = line.replace(name, value)  # noqa: PLW2901
        yield Innocent(kind, line)
