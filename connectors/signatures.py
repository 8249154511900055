"""HMACs over the bytes as received: made and checked in one place. SHA-256, and SHA-1 where the platform has no better.

The header is matched against a strict pattern before it is decoded (`bytes.fromhex` skips spaces and `b64decode`
skips junk), and bytes are compared in constant time (`hmac.compare_digest` raises on non-ASCII strings).
"""

import base64
import hashlib
import hmac
import re

_HEX = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)
_BARE_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHA1_BASE64 = re.compile(r"[A-Za-z0-9+/]{27}=", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)


def _digest(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256")


def hex_signature(body: bytes, secret: bytes) -> str:
    """The value of `X-Hub-Signature-256` for a body: `sha256=` and 64 lower-case hex digits."""
    return "sha256=" + _digest(body, secret).hex()


def sha1_hex_signature(body: bytes, secret: bytes) -> str:
    """The value of `X-Hub-Signature` for a body: what Meta sent before there was SHA-256, and still sends beside it."""
    return "sha1=" + hmac.digest(secret, body, "sha1").hex()


def base64_signature(body: bytes, secret: bytes) -> str:
    """The value of Shopify's `Hmac-Sha256` header for a body."""
    return base64.b64encode(_digest(body, secret)).decode()


def is_hex_signed(header: str | None, body: bytes, secret: bytes) -> bool:
    """Whether the header is this secret's hex signature of the body. An empty secret signs nothing."""
    if not secret or header is None or not _HEX.fullmatch(header):
        return False
    return hmac.compare_digest(bytes.fromhex(header[7:]), _digest(body, secret))


def is_base64_signed(header: str | None, body: bytes, secret: bytes) -> bool:
    """Whether the header is this secret's base64 signature of the body. An empty secret signs nothing."""
    if not secret or header is None or not _BASE64.fullmatch(header):
        return False
    return hmac.compare_digest(base64.b64decode(header), _digest(body, secret))


def is_bare_hex_signed(header: str | None, signed: bytes, secret: bytes) -> bool:
    """Whether the header is this secret's HMAC-SHA256 of `signed` in 64 hex digits. An empty secret signs nothing."""
    if not secret or header is None or not _BARE_HEX.fullmatch(header):
        return False
    return hmac.compare_digest(bytes.fromhex(header), _digest(signed, secret))


def sha1_signature(signed: bytes, secret: bytes) -> str:
    """The value of Mandrill's signature header."""
    return base64.b64encode(hmac.digest(secret, signed, "sha1")).decode()


def is_sha1_signed(header: str | None, signed: bytes, secret: bytes) -> bool:
    """Whether the header is this secret's HMAC-SHA1 of `signed` in base64. An empty secret signs nothing."""
    if not secret or header is None or not _SHA1_BASE64.fullmatch(header):
        return False
    return hmac.compare_digest(base64.b64decode(header), hmac.digest(secret, signed, "sha1"))


def is_same_secret(given: str | None, secret: bytes) -> bool:
    """Whether a word that came along is the secret itself, for platforms that sign nothing. In constant time."""
    if not secret or given is None:
        return False
    return hmac.compare_digest(given.encode(errors="surrogatepass"), secret)


def plain_hex_signature(body: bytes, secret: bytes) -> str:
    """The value of HubSpot's signature header of version 1: SHA-256 over the secret and the body. No HMAC."""
    return hashlib.sha256(secret + body).hexdigest()


def is_plain_hex_signed(header: str | None, body: bytes, secret: bytes) -> bool:
    """Whether the header is this secret's plain signature of the body. An empty secret signs nothing."""
    if not secret or header is None or not _BARE_HEX.fullmatch(header):
        return False
    return hmac.compare_digest(bytes.fromhex(header), hashlib.sha256(secret + body).digest())
