"""Signed tokens: the one module that reads them, and the only one that imports the library for it.

A token is a JWT (RFC 7519): one that the brand's own server signed with a secret of the site's account, or one of
ours, for whoever has signed in to the console: HS256 and nothing else. An identity provider's says who somebody is:
RS256 and nothing else, under a key that it publishes itself. The library has an open advisory and takes more
than it should, so it is handed only what cannot be anything else (RFC 8725): the pattern and the size are looked at
before, the header by ourselves, one algorithm is pinned, secrets have at least 32 bytes, and every claim is required
and read strictly.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from jose import jws
from jose.exceptions import JOSEError
from jose.utils import base64url_decode, base64url_encode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

LONGEST_TOKEN = 4_096
SHORTEST_SECRET = 32
LONGEST_LIFE = timedelta(hours=24)
CLOCKS_DIFFER_BY = timedelta(seconds=60)

_ALGORITHM = "HS256"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,400}\.[A-Za-z0-9_-]{2,4000}\.[A-Za-z0-9_-]{43}", re.ASCII)

LONGEST_ID_TOKEN = 16_384
_ID_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{2,14000}\.[A-Za-z0-9_-]{342,700}", re.ASCII)
_SHORTEST_MODULUS, _LONGEST_MODULUS = 342, 700
"""Characters of base64url: 2048 to 4096 bits."""

_Word = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[!-{}~]+$")]
"""Printable ASCII without spaces and without `|`, which separates the parts of a key."""
_Moment = Annotated[int, Field(gt=0, lt=2**40)]


class _Header(BaseModel):
    """What a header may say: nothing that names a key or an address, nothing critical, nothing compressed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    alg: Literal["HS256"]
    typ: Literal["JWT"] | None = None
    kid: Annotated[str, StringConstraints(max_length=200)] | None = None


class SiteToken(BaseModel):
    """Who a visitor is, as the brand's site says: `sub` is its own account. All times are seconds since 1970.

    `email` counts only with `email_verified`: that the site itself has seen that the address is theirs.
    """

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    iss: str
    aud: str
    sub: _Word
    jti: _Word
    iat: _Moment
    exp: _Moment
    shop_customer: _Word | None = None
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    email_verified: bool = False


def read_token(
    token: object, secrets: Iterable[str], *, audience: str, issuers: Iterable[str], now: datetime
) -> SiteToken | None:
    """What a token says, or None for anything that is not exactly a token of this site that counts at `now`.

    `audience` is the site's account id, `issuers` its origins. Every secret that is long enough is tried.
    """
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not _is_ours(token):
        return None
    payloads = [_verified(token, secret) for secret in secrets if len(secret.encode()) >= SHORTEST_SECRET]
    payload = next((each for each in payloads if each is not None), None)
    if payload is None:
        return None
    try:
        said = SiteToken.model_validate_json(payload)
    except ValidationError:
        return None
    return said if said.aud == audience and said.iss in set(issuers) and _counts(said, now) else None


class IdToken(BaseModel):
    """Who somebody is, as an identity provider says (OpenID Connect Core 1.0, 2). Times are seconds since 1970."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    iss: str
    aud: str | list[str]
    azp: str | None = None
    sub: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    nonce: str
    iat: _Moment
    exp: _Moment
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    email_verified: bool = False


class _IdHeader(BaseModel):
    """What the header of an identity provider's token may say. `typ` and what else it says does not matter to us."""

    model_config = ConfigDict(extra="ignore", strict=True)

    alg: Literal["RS256"]
    kid: Annotated[str, StringConstraints(max_length=200)] | None = None
    crit: None = None


def read_id_token(
    token: object, keys: Iterable[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> IdToken | None:
    """What an identity provider's token says, or None for anything that it has not signed for this client and this
    sign-in, and that does not count at `now` (OpenID Connect Core 1.0, 3.1.3.7). `keys` are its own (RFC 7517).
    """
    if not isinstance(token, str) or len(token) > LONGEST_ID_TOKEN or not _ID_TOKEN.fullmatch(token):
        return None
    try:
        header = _IdHeader.model_validate_json(base64url_decode(token.partition(".")[0].encode()))
    except ValueError:
        return None
    payloads = (_under(token, key) for key in keys if _is_rsa_key(key, header.kid))
    payload = next((each for each in payloads if each is not None), None)
    try:
        said = IdToken.model_validate_json(payload) if payload is not None else None
    except ValidationError:
        return None
    if said is None or said.iss != issuer or said.nonce != nonce or not _is_for(said, client_id):
        return None
    seconds, differ = now.timestamp(), CLOCKS_DIFFER_BY.total_seconds()
    return said if said.iat <= seconds + differ and seconds < said.exp + differ else None


def _is_for(said: IdToken, client_id: str) -> bool:
    """Whether the token is for us: we are its audience, and where there are several, it was made out to us."""
    if isinstance(said.aud, str):
        return said.aud == client_id and said.azp in {None, client_id}
    return client_id in said.aud and (said.azp == client_id or (len(said.aud) == 1 and said.azp is None))


def _is_rsa_key(key: Mapping[str, Any], kid: str | None) -> bool:
    """Whether a published key may have signed: RSA of 2048 bits at least, for signatures, of this name."""
    modulus = key.get("n")
    fits = key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", "RS256") == "RS256"
    long_enough = isinstance(modulus, str) and _SHORTEST_MODULUS <= len(modulus) <= _LONGEST_MODULUS
    return fits and long_enough and isinstance(key.get("e"), str) and (kid is None or key.get("kid") == kid)


def _under(token: str, key: Mapping[str, Any]) -> bytes | None:
    """The payload under a signature made by the holder of this public key, or None."""
    public = {name: key[name] for name in ("kty", "n", "e")}
    try:
        payload = jws.verify(token, {**public, "alg": "RS256"}, algorithms=["RS256"])
    except (JOSEError, ValueError, TypeError):  # a key that is none
        return None
    return payload if isinstance(payload, bytes) else None


class SessionToken(BaseModel):
    """Who has signed in to the console: `sub` is the login, `sid` the session. All times are seconds since 1970."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    iss: Literal["throughline"]
    aud: Literal["console"]
    sub: _Word
    sid: _Word
    jti: _Word
    iat: _Moment
    exp: _Moment


def sign_session(said: SessionToken, secret: str) -> str:
    """The token that says so."""
    token: str = jws.sign(said.model_dump_json().encode(), secret.encode(), algorithm=_ALGORITHM)
    return token


def read_session(token: object, secret: str, *, now: datetime) -> SessionToken | None:
    """What a token of the console says, or None for anything that is not exactly one that counts at `now`."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not _is_ours(token):
        return None
    payload = _verified(token, secret) if len(secret.encode()) >= SHORTEST_SECRET else None
    if payload is None:
        return None
    try:
        said = SessionToken.model_validate_json(payload)
    except ValidationError:
        return None
    return said if _counts(said, now) else None


class PanelToken(BaseModel):
    """Whose panel may be shown in a help desk's frame: a profile of a brand, beside a conversation where one is named.

    Nothing in it reaches anybody: ids are our own. `sub` is who had it made. All times are seconds since 1970.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    iss: Literal["throughline"]
    aud: Literal["panel"]
    sub: _Word
    brand: _Word
    profile: _Word
    conversation: Annotated[str, StringConstraints(max_length=255)] = ""
    jti: _Word
    iat: _Moment
    exp: _Moment


def sign_panel(said: PanelToken, secret: str) -> str:
    """The token that says so."""
    token: str = jws.sign(said.model_dump_json().encode(), secret.encode(), algorithm=_ALGORITHM)
    return token


def read_panel(token: object, secret: str) -> PanelToken | None:
    """What a token of a panel says, whether it counts or is over; None for anything that is not exactly one.

    Whoever asks looks at `exp`: an expired link is told apart from one that never was.
    """
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not _is_ours(token):
        return None
    payload = _verified(token, secret) if len(secret.encode()) >= SHORTEST_SECRET else None
    if payload is None:
        return None
    try:
        return PanelToken.model_validate_json(payload)
    except ValidationError:
        return None


def _is_ours(token: str) -> bool:
    """Whether it has the form of our tokens, each part written in the one way that there is, and our header."""
    if not _TOKEN.fullmatch(token):
        return False
    try:
        parts = [(part, base64url_decode(part)) for part in token.encode().split(b".")]
        _Header.model_validate_json(parts[0][1])
    except ValueError:  # no base64, no JSON, or not ours
        return False
    return all(base64url_encode(decoded) == part for part, decoded in parts)


def _verified(token: str, secret: str) -> bytes | None:
    """The payload under a signature made with this secret, or None."""
    try:
        payload = jws.verify(token, secret.encode(), algorithms=[_ALGORITHM])
    except JOSEError:
        return None
    return payload if isinstance(payload, bytes) else None


def _counts(said: SiteToken | SessionToken, now: datetime) -> bool:
    """Whether it was made, is not over, and was not made for longer than a token may live."""
    seconds, differ = now.timestamp(), CLOCKS_DIFFER_BY.total_seconds()
    return said.iat <= seconds + differ and seconds < said.exp and said.exp - said.iat <= LONGEST_LIFE.total_seconds()
