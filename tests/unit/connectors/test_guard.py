"""Which addresses a file may be fetched from: a table of spellings, and names that lead behind our own walls."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.guard import Allowed, NotAllowed, NotPublic, PublicResolver, is_public
from connectors.http import HttpClient

HOSTS = ("*.fbcdn.net", "lookaside.fbsbx.com")
PUBLIC = ("157.240.1.35", "2a03:2880:f10c:83:face:b00c:0:25de", "::ffff:157.240.1.35")
PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",  # noqa: S104
    "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "localhost", "",
)  # fmt: skip


@pytest.mark.parametrize(
    "address",
    [
        "https://scontent.xx.fbcdn.net/v/t1.15752-9/1.jpg?_nc_cat=1&oh=00_A%2Bb&oe=66",
        "https://video-mad1-1.xx.fbcdn.net/v/1.mp4",
        "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=Ab%2f",
        "https://lookaside.fbsbx.com:443/x",
        "https://LOOKASIDE.fbsbx.com/x",
    ],
)
def test_a_host_of_the_platform_is_let_in(address: str) -> None:
    """https, on a host of the list, in any case; what is signed stays written as it is."""
    checked = str(Allowed(HOSTS).checked(address))
    assert checked.partition("?")[2] == address.partition("?")[2]


@pytest.mark.parametrize(
    "address",
    [
        "http://lookaside.fbsbx.com/x",  # not https
        "ftp://lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "gopher://lookaside.fbsbx.com/x",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "//lookaside.fbsbx.com/x",
        "lookaside.fbsbx.com/x",
        "https:///x",
        "https://",
        "https:lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",  # another port
        "https://lookaside.fbsbx.com:0/x",
        "https://lookaside.fbsbx.com:99999/x",
        "https://lookaside.fbsbx.com:x/",
        "https://lookaside.fbsbx.com.evil.example/x",  # another host
        "https://evil.example/lookaside.fbsbx.com",
        "https://evil.example?lookaside.fbsbx.com",
        "https://evil.example#lookaside.fbsbx.com",
        "https://evillookaside.fbsbx.com/x",
        "https://sub.lookaside.fbsbx.com/x",
        "https://fbcdn.net/x",
        "https://evilfbcdn.net/x",
        "https://fbcdn.net.evil.example/x",
        "https://.fbcdn.net/x",
        "https://a..fbcdn.net/x",
        "https://scontent.fbcdn.net./x",
        "https://lookaside.fbsbx.com@evil.example/x",  # a user in it
        "https://lookaside.fbsbx.com:x@evil.example/x",
        "https://user@lookaside.fbsbx.com/x",
        "https://:pw@lookaside.fbsbx.com/x",
        "https://evil.example\\@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com\\@evil.example/x",
        "https://lookaside.fbsbx.com\\.evil.example/x",
        "https://evil.example%2f@lookaside.fbsbx.com/x",
        "https://evil.example%00.fbcdn.net/x",
        "https://evil.example%2f.fbcdn.net/x",
        "https://lookaside.fbsbx.com%2eevil.example/x",
        "https://127.0.0.1/x",  # numbers for names
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://0177.0.0.1/x",
        "https://127.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://127.0.0.1.nip.io/x",
        "https://metadata.google.internal/x",
        "https://lookaside.fbsbx.com /x",  # not how an address is written
        " https://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com/x\r\nHost: evil.example",
        "https://lookaside.fbsbx.com/x\n",
        "https://lookaside.fbsbx.com/x\t",
        "https://lookaside.fbsbx.com/\x00",
        "https://lookaside.fbsbx.com/ä",
        "https://ⓛookaside.fbsbx.com/x",
        "https://lookaside。fbsbx。com/x",
        "https://lookaside.fbsbx.com/" + "x" * 9_000,
        "",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    """Another scheme, port, host or spelling is not asked, and the reason does not show the address."""
    with pytest.raises(NotAllowed) as caught:
        Allowed(HOSTS, base="https://graph.facebook.com").checked(address)
    assert "fbsbx" not in str(caught.value)
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("http://127.0.0.1:9100/cdn/a", True),
        ("http://127.0.0.1:9100/v26.0/1?x=1", True),
        ("http://127.0.0.1:9101/cdn/a", False),  # another port of the same machine
        ("https://127.0.0.1:9100/cdn/a", False),
        ("http://localhost:9100/cdn/a", False),
        ("http://user@127.0.0.1:9100/cdn/a", False),
        ("http://lookaside.fbsbx.com/x", False),  # http is for the account's own host only
    ],
)
def test_the_accounts_own_host_is_let_in(*, address: str, let_in: bool) -> None:
    """What the operator has set as the account's address is trusted: scheme, name and port alike, nothing beside it."""
    try:
        Allowed(HOSTS, base="http://127.0.0.1:9100/v26.0").checked(address)
    except NotAllowed:
        assert not let_in
    else:
        assert let_in


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    """Addresses of the public internet."""
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_behind_walls(address: str) -> None:
    """Loopback, private, link-local, shared, reserved, multicast, and every way to write IPv4 inside IPv6."""
    assert not is_public(address)


class Names(AbstractResolver):
    """Every name stands for these addresses, one list after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the base's
    ) -> list[ResolveResult]:
        """The next answer; the last one again and again."""
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=each, port=port, family=_family(each), proto=0, flags=0)
            for each in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET


async def test_a_name_is_resolved_to_public_addresses_or_to_nothing() -> None:
    """One address that is not public, beside others that are, is enough."""
    assert len(await PublicResolver(Names(PUBLIC[:2])).resolve("a.fbcdn.net", 443)) == 2
    for private in ("127.0.0.1", "169.254.169.254", "fd00::1", "::1"):
        with pytest.raises(NotPublic):
            await PublicResolver(Names([PUBLIC[0], private])).resolve("a.fbcdn.net", 443)


async def test_a_name_that_leads_behind_our_walls_gets_no_connection() -> None:
    """The file's host is on the list and its name stands for this machine: nothing is connected to, nor asked again."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        names = Names(["127.0.0.1"])
        async with HttpClient(names) as http:
            with pytest.raises(NotAllowed, match="not public"):
                await http.files.get(
                    "https://lookaside.fbsbx.com/x", Allowed(HOSTS), SecretStr("t"), most=10, seconds=5
                )
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert names.asked == ["lookaside.fbsbx.com"]


async def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that stands for a public address first and for this machine afterwards is connected to the first."""
    connected: list[object] = []

    async def connects(_: object, __: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", connects)
    names = Names([PUBLIC[0]], ["127.0.0.1"])
    async with HttpClient(names) as http:
        with pytest.raises(Exception, match="ClientConnectorError"):
            await http.files.get("https://lookaside.fbsbx.com/x", Allowed(HOSTS), None, most=10, seconds=5)
    assert connected == [(PUBLIC[0], 443)]
    assert names.asked == ["lookaside.fbsbx.com"]


def test_every_channel_names_its_hosts() -> None:
    """Each channel lets in hosts of Meta alone, each name with at least two parts after a wildcard."""
    for channel in (Messenger, Instagram, WhatsApp):
        assert channel.file_hosts
        for pattern in channel.file_hosts:
            assert pattern.removeprefix("*.").rpartition(".")[0]
            assert pattern.endswith(("fbcdn.net", "cdninstagram.com", "fbsbx.com"))
