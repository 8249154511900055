"""Who may ask the HTTP API: clients with a key, scoped to brands and blocks. Keys are known by their hash only."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the settings. `key_hash` is `sha256:` and 64 hex digits."""

    name: str
    key_hash: str
    brands: frozenset[str]
    blocks: frozenset[str]
    profiles: bool = False
    """Whether it may read whole profiles."""
    review: bool = False
    """Whether it may read the review queue, decide on it, and take people apart again."""
    replies: bool = False
    """Whether it may answer turns that asked an engine."""
    templates: bool = False
    """Whether it may see, edit and publish templates, in the name of people that it vouches for."""


def client_of(authorization: str | None, clients: Iterable[Client]) -> Client | None:
    """The client whose key is in an `Authorization: Bearer` header, or None. Every key is compared."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.casefold() != "bearer" or not key or len(key) > _LONGEST_KEY:
        return None
    offered = f"sha256:{hashlib.sha256(key.encode(errors='replace')).hexdigest()}".encode()
    found = [client for client in clients if hmac.compare_digest(client.key_hash.encode(), offered)]
    return found[0] if found else None
