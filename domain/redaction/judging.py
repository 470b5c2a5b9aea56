"""Whether what was found is a credential: values, not prose, code, types or placeholders."""

import base64
import re

PLACEHOLDER = re.compile(
    r"x{6}|\*{3}|\.{3}|…|^[<{]|^\$(?:\w+\W?$|\{|\()|^%\w+%?$|your[_-]|[_-]your|placeholder|change[_-]?me"
    r"|replace[_-]?(?:me|with)|insert[_-]|dummy|0{12}",
    re.IGNORECASE,
)
CODE = re.compile(
    r"[a-z_]\w*?(?:password|passwd|pwd|secret|token|key|pass)s?\d?|[a-z_]\w*(?:\.[a-z_]\w*)+", re.IGNORECASE
)
_WELL_KNOWN = frozenset({"sha256", "sha512", "base64", "oauth2", "utf8mb4", "argon2id", "pbkdf2", "bcrypt2", "ed25519"})
_ORDINARY = re.compile(
    r"[a-z]+://.*|[~.]?(?:/[\w.-]+){2,}/?"  # an address, a file
    r"|v?\d+(?:\.\d+)*(?:st|nd|rd|th)?(?:-[a-z]+)*[.,]?|\d{4}-\d\d-\d\d.*"  # a version, an ordinal, a date
    r"|\$2[aby]?\$.*|\$argon2.*|\$[156]\$.*"  # a hash
)
_IDENTIFIER = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)+|[A-Za-z][a-z]+[A-Z][A-Za-z]*")
_STANDARD = re.compile(r"(?i)(?:sha|md|aes|hmac|pbkdf|argon|bcrypt|iso|rfc|nist|cve|owasp|oauth|utf)-?\d")
_TELLS_ABOUT = frozenset(
    re.findall(
        r"\S+",
        """
    required optional none null nil undefined true false yes no string str text bytes char varchar bool int object
    any password passwd passwort kennwort passphrase pass secret token hidden masked empty unset default example
    sample field value input prompt ask invalid incorrect wrong missing forgotten expired changed reset unknown
    disabled enabled encrypted hashed hash plaintext plain optional[str] secretstr vault environment file keyring
    keychain stdin env interactive redacted removed deleted omitted withheld protected test here this that the your
    new old current confirm repeat strong weak short long login username user email name label type verify update
    forgot self authentication authenticate policy length minimum maximum manager strength generator rules settings
    options credentials credential auth basic digest oauth obligatoire erforderlich vergessen falsch requis oublié
    ändern geheim contraseña senha wachtwoord lösenord none. must should cannot never always
    """,
    )
)


def drawn_by_lot(secret: str) -> bool:
    """Whether it looks drawn by lot: many capital and small letters, or digits among both or in a long unbroken run."""
    capital, small = sum(map(str.isupper, secret)), sum(map(str.islower, secret))
    if min(capital, small) >= 6:
        return True
    if not any(map(str.isdigit, secret)):
        return False
    return min(capital, small) >= 1 or any(has_both(run) for run in re.findall(r"[A-Za-z0-9]{16,}", secret))


def has_both(text: str) -> bool:
    """Whether there are digits and letters."""
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def value(secret: str) -> bool:
    """Whether what stands after `password =` and the like is a value, not prose, code or a type."""
    if secret.lower() in _WELL_KNOWN or _ORDINARY.fullmatch(secret):
        return False
    letters = "".join(character for character in secret if character.isalpha())
    kinds = (letters.lower() != letters, letters.upper() != letters, not secret.isalnum())
    return bool(letters) and (any(c.isdigit() for c in secret) or (sum(kinds) == 3 and _odd(secret)))


def _odd(secret: str) -> bool:
    return any(character in "!@#$%^&*+?~" for character in secret)


def password(secret: str) -> bool:
    """Whether it is a value, or a number that somebody must type."""
    return value(secret) or secret.isdigit()


def word(secret: str) -> bool:
    """Whether it can be a password that is a plain word, where nothing but a password can stand."""
    alone = secret.rstrip(",;")
    if CODE.fullmatch(alone) or _ORDINARY.fullmatch(alone) or _IDENTIFIER.fullmatch(alone):
        return False
    if secret.startswith(("-", "/", "@", "&", "!", "#")):
        return False
    bare = secret.strip(".,;:!?").lower()
    return len(bare) >= 4 and bare not in _TELLS_ABOUT | _WELL_KNOWN and not any(c in "(){}[]<>=$%|\\" for c in secret)


def in_prose(secret: str) -> bool:
    """Whether what follows `password` in a sentence is one: letters and digits, and no standard or measure."""
    return len(secret) >= 8 and value(secret) and has_both(secret) and not _STANDARD.match(secret)


def typed(secret: str) -> bool:
    """Whether a person would type it after `password` on a command line: anything but a variable or an option."""
    return (
        len(secret) >= 3
        and not secret.startswith(("$", "-", "<", "%", "{", "*"))
        and secret.lower() not in _TELLS_ABOUT
    )


def basic(secret: str) -> bool:
    """Whether it is `user:password` in base64."""
    try:
        return ":" in base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True).decode("ascii")
    except ValueError:
        return False


def bearer(secret: str) -> bool:
    """Whether it can be the token of a bearer."""
    return value(secret) or (len(secret) >= 24 and not secret.islower())


def key_block(secret: str) -> bool:
    """Whether there is a key between the marks."""
    return re.search(r"[A-Za-z0-9+/]{16}", secret.partition("-----")[2]) is not None


def encoded_key(secret: str) -> bool:
    """Whether it is a block with a private key, in base64 once more."""
    beginning = secret[: min(len(secret), 80) // 4 * 4]
    try:
        return b"PRIVATE KEY" in base64.b64decode(beginning, validate=True)
    except ValueError:
        return False
