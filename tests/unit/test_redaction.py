"""What counts as a credential, and what does not. They are put together here so that no scanner finds one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.domain.redaction import redact, redact_all, redact_json, stand_in

RANDOM = "Zq7Lw2Xk9Vb4Nt6Rp1Hs8Gd3Jf5Cm0Ty"  # 32 letters and digits
HEX = "9f86d081884c7d659a2feaa0c55ad015"
UPPER = "Q7ZLW2XK9VB4NT6R"
PEM_BODY = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"] * 4)


def pem(kind: str, body: str = PEM_BODY) -> str:
    return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----"


CREDENTIALS = {
    "aws-key": ["AK" + "IA" + UPPER, "AS" + "IA" + UPPER, "AK" + "IA" + UPPER + "," + RANDOM + "/a+b/c+d"],
    "aws-secret": [
        "aws_secret_access_key = " + RANDOM + "abcd/+ef",
        '"SecretAccessKey": "' + RANDOM + 'abcd/+ef"',
        "AWS Secret Access Key: " + RANDOM + "abcd/+ef",
    ],
    "github-token": [
        *("gh" + letter + "_" + RANDOM + "a1B2" for letter in "pousr"),
        "github" + "_pat_" + RANDOM[:22] + "_" + RANDOM + RANDOM[:27],
    ],
    "gitlab-token": ["gl" + "pat-" + RANDOM[:20], "gl" + "rt-" + RANDOM[:12] + "_-" + RANDOM[:10]],
    "slack-token": [
        "xo" + "xb-123456789012-123456789012-" + RANDOM[:24],
        "xo" + "xp-123456789012-" + HEX,
        "xa" + "pp-1-A0123456789-1234567890123-" + HEX,
    ],
    "slack-webhook": ["https://hooks.slack" + ".com/services/T01234567/B01234567/" + RANDOM[:24]],
    "anthropic-key": ["sk-" + "ant-api03-" + RANDOM + "_-" + RANDOM],
    "openai-key": ["sk-" + RANDOM + RANDOM[:16], "sk-" + "proj-" + RANDOM + "_" + RANDOM, "sk-" + HEX],
    "huggingface-token": ["hf" + "_" + RANDOM + "ab"],
    "google-key": ["AI" + "za" + RANDOM + "-_a", "GOC" + "SPX-" + RANDOM[:28]],
    "google-token": ["ya" + "29." + RANDOM + "-_" + RANDOM],
    "stripe-key": ["sk" + "_live_" + RANDOM[:24], "rk" + "_live_" + RANDOM[:24], "wh" + "sec_" + RANDOM],
    "rookery-token": ["rk" + "_" + RANDOM + "_-" + RANDOM[:9], "rk" + "_gTMOjvwbWSxKneNjwvQ-NqrcJvaFsUzBmocxljueBBY"],
    "twilio-key": ["S" + "K" + HEX],
    "sendgrid-key": ["S" + "G." + RANDOM[:22] + "." + RANDOM + RANDOM[:11]],
    "npm-token": ["np" + "m_" + RANDOM + "a1B2"],
    "pypi-token": ["py" + "pi-AgEIcHlwaS5vcmc" + RANDOM + "-_" + RANDOM],
    "notion-token": ["secret" + "_" + RANDOM + RANDOM[:11], "nt" + "n_" + RANDOM + RANDOM[:14]],
    "atlassian-token": ["ATA" + "TT3xFfGF0" + RANDOM + "_-" + RANDOM + "=1A2B3C4D", "ATB" + "B" + RANDOM],
    "telegram-token": ["123456789" + ":AA" + RANDOM + "_"],
    "discord-token": ["M" + RANDOM[:23] + ".Gx1y2Z." + RANDOM[:27]],
    "discord-webhook": ["https://discord" + ".com/api/webhooks/123456789012345678/" + RANDOM + RANDOM],
    "jwt": [
        "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + RANDOM,
        "eyJ" + "hbGciOiJSU0EtT0FFUCJ9." + RANDOM + "." + RANDOM + "." + RANDOM + "." + RANDOM,
    ],
    "private-key": [
        pem("PRIVATE " + "KEY"),
        pem("RSA PRIVATE " + "KEY"),
        pem("OPENSSH PRIVATE " + "KEY"),
        pem("ENCRYPTED PRIVATE " + "KEY"),
        pem("PGP PRIVATE " + "KEY BLOCK", "Version: 2\n\n" + PEM_BODY),
        pem("EC PRIVATE " + "KEY").replace("\n", "\\n"),
        pem("PRIVATE " + "KEY").replace("\n", "\r\n"),
        pem("PRIVATE " + "KEY").partition("\n-----END")[0],
    ],
    "authorization": [
        "Authorization: Bearer " + RANDOM,
        "authorization: bearer abc123def456",
        '"Authorization": "Bearer ' + RANDOM + '"',
        "Authorization: Basic " + "dXNlcjpwYXNzd29yZA==",
        "curl -H 'Authorization: token " + HEX + "'",
        "send Bearer " + RANDOM + " with it",
    ],
    "url-password": [
        "https://alice:" + "s3cret@example.org/path",
        "postgresql+asyncpg://app:" + "p%40ss@db:5432/app",
        "redis://:" + "hunter2@cache:6379/0",
        "mongodb+srv://root:" + "root@cluster0.example.net",
    ],
    "azure-key": [
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + RANDOM + RANDOM + "/+a=",
        "Endpoint=sb://x.example.net/;SharedAccessKeyName=all;SharedAccessKey=" + RANDOM + "abcd=",
        "https://x.example.net/c/b?sv=2024-01-01&sig=" + RANDOM + "%3D",
    ],
    "token": ["dop" + "_v1_" + HEX + HEX, "gs" + "k_" + RANDOM + RANDOM[:20], "hv" + "s." + RANDOM],
    "password": [
        "Server=tcp:db,1433;User Id=sa;" + "Password=Winter!;Encrypt=true",
        "password=" + "hunter22",
        'password: "' + 'hunter22"',
        "DB_PASSWORD=" + "supersecret123",
        "db_pass = '" + "Tr0ub4dor&3'",
        '{"passwd": "' + 'a1b2c3d4"}',
        "password: " + "31415926",
        "PASSPHRASE='" + "W!nter-is-coming'",
        "<password>" + "hunter22</password>",
        "mysql --password " + "hunter22 --host db",
        '"password": "' + 'MySecret1"',
    ],
    "secret": [
        "client_secret=" + RANDOM,
        "api_key: " + RANDOM,
        "https://example.org/?api_key=" + HEX + "&page=2",
        "const apiKey = '" + HEX + "';",
        "X-Api-Key: " + HEX,
        "token = '" + HEX + "'",
        "SECRET_KEY=" + "django-insecure-" + RANDOM,
        "access_token=" + RANDOM,
        "secret => '" + HEX + "'",
    ],
}

INNOCENT = [
    "The password is required.",
    "password: required",
    "Password: swordfish was the old joke",
    "Enter your password: it must have 8 characters",
    "password: 8-character minimum",
    "The token: a small coin of brass",
    "the secret: 12-point plan",
    "token count: 12345678",
    "max_tokens=200000",
    "tokens: 123456789a",
    "password=password",
    "password=new_password2",
    "connect(host=host, user=user, password=password)",
    "password = settings.database_password2",
    "password = get_password_v2()",
    "token = generate_token(32)",
    "token = encode_utf8_token1(user)",
    "api_key = os.environ['API_KEY_2']",
    "apiKey: process.env.API_KEY_2,",
    "api_key=YOUR_API_KEY_1",
    "api_key: your-api-key-123",
    "token=xxxxxxxxxxxxxxxx1",
    "password=********1a",
    "token: ${TOKEN_1}",
    "token: $TOKEN_12",
    "token: {{ token1 }}",
    "token=%TOKEN_1%",
    "token=<token-1>",
    "password: <your password 1>",
    "password: changeme1",
    "secret: insert_secret_1",
    "password_hash: $2b$12$KIXQ4bRZ1rJxYkF7p0X0Y.8y3Q1t7y1o8e1u9i7w5q3z1x9c7v5b3",
    "password: $2b$12$KIXQ4bRZ1rJxYkF7p0X0Y.8y3Q1t7y1o8e1u9i7w5q3z1x9c7v5b3",
    "password: sha256",
    "secret: base64",
    "PWD=/home/alice/work2",
    "token: https://example.org/how-to-get-a-token-2",
    "secret: /run/secrets/db_password1",
    "Authorization: Bearer <token>",
    "Authorization: Bearer $TOKEN1",
    "Authorization: Bearer YOUR_TOKEN_1",
    "Authorization: Bearer …",
    "Authorization: Basic credentials",
    "the bearer of this letter",
    "basic principles of navigation",
    "https://example.org:8080/a@b",
    "https://example.org/users/alice@example.org",
    "http://localhost:8000?mail=a@example.org",
    "ssh://git@example.org:22/repo.git",
    "postgres://${USER}:${PASSWORD}@host/db",
    "https://<user>:<password>@host",
    "mailto:alice@example.org",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256:" + HEX + HEX,
    "md5 " + HEX,
    "123e4567-e89b-12d3-a456-426614174000",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "ISBN 978-3-16-148410-0",
    "ISBN-10: 0-306-40615-2",
    "DE89 3704 0044 0532 0130 00",
    "sk-learn-estimator-documentation-link",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-...",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "ghp_yourtokenhere",
    "hf_hub_download(repo_id, file_name)",
    "npm_config_cache=/tmp/cache",
    "pypi-simple",
    "secret_manager_secret_version_data_source",
    "rk_four_integrator_with_adaptive_step_size",
    "xoxb-not-a-real-token",
    "AKIA is how such a key begins",
    "ATATTGCAGCATATTCCGGAATTATATTGCAGC",
    "eyJ alone is the beginning of a JSON object in base64",
    "-----BEGIN PUBLIC KEY-----\n" + PEM_BODY + "\n-----END PUBLIC KEY-----",
    "-----BEGIN PRIVATE " + "KEY-----\n...\n-----END PRIVATE " + "KEY-----",
    "-----BEGIN CERTIFICATE-----\n" + PEM_BODY + "\n-----END CERTIFICATE-----",
    "the keyboard layout: qwerty123",
    "passport: X12345678",
    "compass: N45E12",
    "tokenizer=bert-base-uncased-2",
    "ratio 12:34:56, 1910–1974, £1,150",
    "M.Sc. Miss MacAskill's N.B.",
    "the Point, 57.123456, -7.654321",
    "npm install --save-dev typescript@5",
    "git log --oneline --author alice2",
    "[redacted:password] stood here",
]


@pytest.mark.parametrize(
    ("kind", "credential"), [(kind, credential) for kind, examples in CREDENTIALS.items() for credential in examples]
)
def test_a_credential_is_replaced_and_the_words_around_it_stay(kind: str, credential: str) -> None:
    clean = redact(f"Before it. {credential}\nAfter it.")
    assert clean.count == 1
    assert f"[redacted:{kind}]" in clean.text
    assert clean.text.startswith("Before it. ")
    assert clean.text.endswith("After it.")
    assert RANDOM[:16] not in clean.text
    assert HEX not in clean.text


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact(text).text == text
    assert redact(f"({text})").count == 0


def test_there_are_enough_examples() -> None:
    assert sum(map(len, CREDENTIALS.values())) >= 60
    assert len(INNOCENT) >= 60


def test_each_credential_of_a_text_is_counted() -> None:
    text = "\n".join(example for examples in CREDENTIALS.values() for example in examples)
    assert redact(text).count == sum(map(len, CREDENTIALS.values()))


def test_only_the_value_of_an_assignment_is_replaced() -> None:
    assert redact('password = "' + 'hunter22"').text == 'password = "[redacted:password]"'
    assert redact("https://alice:" + "s3cret@example.org").text == "https://alice:[redacted:url-password]@example.org"


fragments = st.sampled_from(
    [example for examples in CREDENTIALS.values() for example in examples]
    + INNOCENT
    + list("\n =:;'\"[]@/-_.,")
    + ["password=", "token: ", "://", "-----", "eyJ", "Bearer ", "[redacted:", "\\n"]
)


@given(st.lists(fragments | st.text(max_size=8), max_size=12).map("".join))
def test_doing_it_again_changes_nothing(text: str) -> None:
    once = redact(text)
    again = redact(once.text)
    assert (again.text, again.count) == (once.text, 0)


HOSTILE = ["a", "-", "sk-", "://a:b", "password=", "password:", "token ", "host=", "host=a;", "eyJaaaaaaaaaa.", "M"]
HOSTILE += [
    "bearer ",
    "authorization: bearer ",
    "ghp_a",
    "[",
    "\\n",
    "-----BEGIN PRIVATE " + "KEY-----\n",
    "A" * 24 + ".",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    started = time.process_time()
    redact(piece * (1_000_000 // len(piece)) + "(")
    assert time.process_time() - started < 4


def test_in_json_a_name_tells_what_its_value_is() -> None:
    given = {"password": "swordfish", "note": "swordfish", "deep": [{"api_key": HEX}, 3, None], "user": "ada"}
    clean = redact_json(given)
    assert clean.value == {
        "password": "[redacted:password]",
        "note": "swordfish",
        "deep": [{"api_key": "[redacted:secret]"}, 3, None],
        "user": "ada",
    }
    assert clean.count == 2
    assert redact_json(clean.value).count == 0
    assert redact_all(given) == clean.value


def test_what_stands_in_for_a_name_tells_names_apart_and_is_no_credential() -> None:
    names = ["ghp" + "_" + RANDOM + "a1B2", "ghp" + "_" + RANDOM + "a1B3"]
    assert stand_in("order-17") == "order-17"
    assert stand_in(None) is None
    assert len({stand_in(name) for name in names}) == 2
    assert redact(f"{stand_in(names[0])} {stand_in(names[1])}").count == 0
