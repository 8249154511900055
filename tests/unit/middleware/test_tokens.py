"""Signed tokens: whatever is not exactly a token that the site signed for itself is refused."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jose import jwe, jws, jwt

from middleware.web import tokens
from middleware.web.tokens import SessionToken, SiteToken, read_session, read_token, sign_session

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SECRET = "a-secret-that-signs-tokens-of-the-site"
OTHER = "another-secret-of-thirty-two-bytes-or-more"
SITE, ORIGIN = "glow-site", "https://www.glow.example"
CLAIMS: dict[str, Any] = {
    "iss": ORIGIN, "aud": SITE, "sub": "ana-7", "jti": "5f0c", "iat": SECONDS - 5, "exp": SECONDS + 300,
}  # fmt: skip
HEADER = {"alg": "HS256", "typ": "JWT"}


def made(claims: dict[str, Any], secret: str = SECRET, header: dict[str, Any] | None = None) -> str:
    """A token as a site makes it; other header fields on demand."""
    return str(jws.sign(claims, secret, headers=header, algorithm="HS256"))


def part(value: object) -> str:
    """A part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: object, claims: object, secret: str = SECRET) -> str:
    """A token with any header and claims at all, under a true HMAC of this secret."""
    content = f"{part(header)}.{part(claims)}"
    return f"{content}.{part(hmac.digest(secret.encode(), content.encode(), 'sha256'))}"


def read(token: object, *secrets: str) -> SiteToken | None:
    """What comes of a token at noon."""
    return read_token(token, secrets or (SECRET,), audience=SITE, issuers=(ORIGIN,), now=NOW)


def test_a_token_of_the_site_is_read() -> None:
    """What the site signed says who it is; an e-mail address with whether it was seen to be theirs."""
    more = {"shop_customer": "7001", "email": "ana@example.com", "email_verified": True, "name": "Ana"}
    found = read(made({**CLAIMS, **more}))
    assert found is not None
    assert (found.sub, found.shop_customer, found.email, found.email_verified) == (
        "ana-7",
        "7001",
        "ana@example.com",
        True,
    )
    assert read(signed(HEADER, CLAIMS)) is not None
    assert read(made(CLAIMS, header={"kid": "2026"})) is not None
    assert read(jwt.encode(CLAIMS, SECRET, algorithm="HS256")) is not None


def test_two_secrets_count_while_one_is_changed_for_the_other() -> None:
    """Either of two secrets of the account signs; one of another account does not."""
    assert read(made(CLAIMS, OTHER), SECRET, OTHER) is not None
    assert read(made(CLAIMS, OTHER), SECRET) is None


@pytest.mark.parametrize("secrets", [(), ("",), ("a",), ("x" * 31,)])
def test_without_a_long_secret_nothing_is_believed(secrets: tuple[str, ...]) -> None:
    """No secret, an empty or a short one: refused, although the signature fits."""
    token = signed(HEADER, CLAIMS, secrets[0] if secrets else "")
    assert read_token(token, secrets, audience=SITE, issuers=(ORIGIN,), now=NOW) is None


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = RSA.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = RSA.public_key()
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
DER = PUBLIC.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo).decode("latin-1")

TRUE = made(CLAIMS)
H, C, S = TRUE.split(".")


def in_another_way() -> str:
    """A token whose payload ends in bits that are none, under a true HMAC: one content, written in two ways."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    payload = part(json.dumps({**CLAIMS, "jti": "x" * (3 - len(json.dumps({**CLAIMS, "jti": ""})) % 3 + 1)}).encode())
    assert len(payload) % 4
    content = f"{H}.{payload[:-1]}{letters[letters.index(payload[-1]) + 1]}"
    return f"{content}.{part(hmac.digest(SECRET.encode(), content.encode(), 'sha256'))}"


OTHER_WAY = in_another_way()

FORGED: dict[str, object] = {
    "nothing": None, "empty": "", "number": 7, "bytes": TRUE.encode(), "list": [TRUE],
    "no algorithm": f"{part({'alg': 'none'})}.{C}.",
    "no algorithm, signed": f"{part({'alg': 'none'})}.{C}.{S}",
    "none in odd letters": signed({"alg": "nOnE"}, CLAIMS),
    "HS384": jws.sign(CLAIMS, SECRET, algorithm="HS384"),
    "HS512": jws.sign(CLAIMS, SECRET, algorithm="HS512"),
    "RS256": jws.sign(CLAIMS, PRIVATE, algorithm="RS256"),
    "algorithm is a list": signed({"alg": ["HS256"]}, CLAIMS),
    "algorithm twice": ".".join((part(b'{"alg":"HS256","alg":"none"}'), C, S)),
    "no header": signed({}, CLAIMS), "header is a list": signed(["HS256"], CLAIMS),
    "header is no JSON": signed(b"HS256HS256", CLAIMS),
    "critical": signed({**HEADER, "crit": ["exp"]}, CLAIMS),
    "key in header": signed({**HEADER, "jwk": {"kty": "oct", "k": part(b"x")}}, CLAIMS),
    "key's address": signed({**HEADER, "jku": "https://evil.example/keys"}, CLAIMS),
    "compressed": signed({**HEADER, "zip": "DEF"}, CLAIMS),
    "another type": signed({**HEADER, "typ": "at+jwt"}, CLAIMS),
    "another secret": made(CLAIMS, OTHER),
    "written in another way": signed(HEADER, CLAIMS)[:-1] + "?", "payload in another way": OTHER_WAY,
    "cut": TRUE[:-1], "longer": f"{TRUE}A", "space": f"{TRUE} ", "break": f"{TRUE}\n", "padded": f"{TRUE}=",
    "two parts": f"{H}.{C}", "four parts": f"{TRUE}.{S}", "space inside": f"{H}.{C} .{S}",
    "another payload": f"{H}.{part({**CLAIMS, 'sub': 'ben-8'})}.{S}",
    "signature of zeros": f"{H}.{C}.{'A' * 43}",
    "not ASCII": TRUE.replace(TRUE[5], "é"), "surrogate": f"{TRUE[:-1]}\ud800",
    "huge": signed(HEADER, {**CLAIMS, "name": "x" * 5_000}),
    "huge header": signed({**HEADER, "kid": "x" * 1_000}, CLAIMS),
    "three megabytes": "A" * 3_000_000,
    "payload is a list": signed(HEADER, [CLAIMS]), "payload is no JSON": signed(HEADER, b"sub=ana-7"),
    "encrypted": jwe.encrypt(json.dumps(CLAIMS), SECRET[:32], algorithm="dir", encryption="A256GCM").decode(),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_is_refused(what: str) -> None:
    """Whatever is wrong with it, the answer is None and never an exception."""
    assert read(FORGED[what]) is None


def test_a_public_key_is_no_secret() -> None:
    """A token that was made with somebody's public key as HMAC secret does not count (algorithm confusion)."""
    for key in (PEM, DER):
        content = f"{part(HEADER)}.{part(CLAIMS)}"
        forged = f"{content}.{part(hmac.digest(key.encode(), content.encode(), 'sha256'))}"
        assert read(forged) is None
        assert read(jws.sign(CLAIMS, PRIVATE, algorithm="RS256"), PEM) is None
    assert read(forged, PEM) is None


WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": SECONDS}, "expired long ago": {"iat": 1_600_000_000, "exp": 1_600_000_300},
    "from tomorrow": {"iat": SECONDS + 120, "exp": SECONDS + 400},
    "for two days": {"exp": SECONDS + 2 * 86_400},
    "end is a text": {"exp": str(SECONDS + 300)}, "end is no whole number": {"exp": SECONDS + 300.5},
    "end is true": {"exp": True}, "end is far": {"exp": 2**70},
    "another site": {"aud": "noir-site"}, "several sites": {"aud": [SITE]},
    "another issuer": {"iss": "https://evil.example"},
    "nobody": {"sub": ""}, "somebody with a bar": {"sub": "a|b"}, "somebody with a space": {"sub": "a b"},
    "a number": {"sub": 7}, "long": {"sub": "x" * 300}, "no jti": {"jti": ""},
    "verified by word": {"email_verified": "true"},
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_claim_that_does_not_fit_is_refused(what: str) -> None:
    """Well signed, and wrong in one claim."""
    assert read(signed(HEADER, {**CLAIMS, **WRONG[what]})) is None


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_is_required(claim: str) -> None:
    """exp, iat, aud, iss, sub and jti: without any of them it is refused."""
    assert read(signed(HEADER, {name: value for name, value in CLAIMS.items() if name != claim})) is None


IN = SessionToken(
    iss="throughline", aud="console", sub="ana", sid="s1", jti="j1", iat=SECONDS - 5, exp=SECONDS + 600
)  # fmt: skip


def test_a_session_is_read_back() -> None:
    """What we sign we read, with our own secret and no other, until it is over."""
    token = sign_session(IN, SECRET)
    assert read_session(token, SECRET, now=NOW) == IN
    assert read_session(token, OTHER, now=NOW) is None
    assert read_session(token, SECRET[:31], now=NOW) is None
    assert read_session(token, SECRET, now=NOW + timedelta(seconds=600)) is None


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_session_is_refused(what: str) -> None:
    """Neither a site's token, whatever was done to it, nor any other nonsense is a session."""
    assert read_session(FORGED[what], SECRET, now=NOW) is None


def test_a_session_says_all_that_it_must_and_nothing_else() -> None:
    """Without any one of its claims, with one more, or with another issuer or audience it is none; nor is a site's."""
    claims = IN.model_dump()
    wrong = [
        *({name: value for name, value in claims.items() if name != left_out} for left_out in claims),
        {**claims, "role": "admin"}, {**claims, "iss": "other"},
        {**claims, "aud": SITE}, {**claims, "aud": ["console"]},
        {**claims, "exp": str(SECONDS + 600)}, {**claims, "exp": SECONDS + 600.0}, {**claims, "iat": SECONDS + 3_000},
        {**claims, "exp": SECONDS + 90_000}, CLAIMS,
    ]  # fmt: skip
    assert [each for each in wrong if read_session(made(each), SECRET, now=NOW) is not None] == []
    assert read(sign_session(IN, SECRET)) is None


def test_not_one_bit_may_change() -> None:
    """Each character of the token, replaced by another one: refused."""
    for place, letter in enumerate(TRUE):
        for other in "Ab-":
            if other != letter:
                assert read(f"{TRUE[:place]}{other}{TRUE[place + 1 :]}") is None, place


def test_only_one_module_knows_the_library() -> None:
    """The library is named in one file of what is shipped."""
    root = Path(tokens.__file__).parents[2]
    found = [
        path.name
        for folder in ("middleware", "connectors", "flows")
        for path in (root / folder).rglob("*.py")
        if "import jose" in path.read_text() or "from jose" in path.read_text()
    ]
    assert found == ["tokens.py"]
