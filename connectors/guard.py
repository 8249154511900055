"""Which addresses a file may be fetched from: hosts that the platform uses, reached at public addresses only.

A message says where its file lies, and whoever can make a message say something else must not make us ask machines
behind our own walls. So a host has to be on an explicit list, its name is resolved once, and the connection goes to the
very addresses that were looked at.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

_HTTPS = 443
_WRITTEN = re.compile(r"[\x21-\x7e]{1,8192}", re.ASCII)
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)

_TUNNELS = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # IPv4 written as IPv6, long obsolete
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
    )
)
"""Global by their number, and leading to some IPv4 address inside them."""


class NotAllowed(Exception):  # noqa: N818 - a verdict on the address
    """The address may not be asked. The message names the rule, never the address."""


class NotPublic(OSError):  # noqa: N818 - a verdict on the address; an OSError, as resolvers may raise
    """A name stands for an address that is not public."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where one account's files may come from.

    `hosts` are names, `*.` in front of one for all names below it. `base` is the account's own API address: what the
    operator has set is trusted, whatever network it is in, and by http if the operator wrote http.
    """

    hosts: tuple[str, ...]
    base: str = ""

    def checked(self, address: str) -> URL:
        """The address, if it may be asked. Raises NotAllowed."""
        if not _WRITTEN.fullmatch(address):
            raise NotAllowed("an address that is none")
        try:
            # As it is written: a signed address that is quoted anew is no longer signed.
            url = URL(address, encoded=True)
            host, port = (url.raw_host or "").lower(), url.port
        except ValueError:
            raise NotAllowed("an address that is none") from None
        if url.raw_user is not None or url.raw_password is not None or "\\" in address:
            raise NotAllowed("an address with a user in it")
        if self.is_base(url):
            return url
        if url.scheme != "https" or port != _HTTPS:
            raise NotAllowed("an address that is not https on its ordinary port")
        if not _NAME.fullmatch(host) or not any(_fits(host, pattern) for pattern in self.hosts):
            raise NotAllowed("a host that the platform does not use")
        return url

    def is_base(self, url: URL) -> bool:
        """Whether it is on the account's own API host: scheme, name and port alike."""
        if not self.base:
            return False
        base = URL(self.base, encoded=True)
        return (url.scheme, url.raw_host, url.port) == (base.scheme, base.raw_host, base.port)


def _fits(host: str, pattern: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses, and to nothing if any of a name's addresses is not public."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises NotPublic."""
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(each["host"]) for each in found):
            raise NotPublic
        return found

    async def close(self) -> None:
        """Give back what the resolver holds."""
        await self._resolver.close()
