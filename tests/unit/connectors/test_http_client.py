"""The way out: an answer, or a clear word on whether the request can have been accepted."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from scripted_server import ScriptedServer, babbles

from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from tests.stand_ins import breaks_off, hangs, hangs_up, says

TOKEN = SecretStr("EAAG-very-secret")


async def _post(url: str, seconds: float = 5.0) -> HttpReply:
    async with HttpClient() as http:
        return await http.post_json(url, {"a": "ä"}, TOKEN, seconds)


async def test_an_answer_comes_back_as_it_is() -> None:
    """Status, JSON and headers (names in lower case) of the answer; the request carried JSON and token."""
    async with ScriptedServer(says(201, {"id": 1}, {"X-App-Usage": "5"})) as server:
        reply = await _post(f"{server.url}/v26.0/1/messages")
    assert (reply.status, reply.json, reply.headers["x-app-usage"]) == (201, {"id": 1}, "5")
    assert server.seen[0].path == "/v26.0/1/messages"
    assert server.seen[0].json() == {"a": "ä"}
    assert server.seen[0].headers["Authorization"] == "Bearer EAAG-very-secret"
    assert server.seen[0].headers["Content-Type"] == "application/json"


async def test_without_a_token_no_authorization_is_sent() -> None:
    """No token, no header."""
    async with ScriptedServer(says(200, {})) as server, HttpClient() as http:
        await http.post_json(server.url, {}, None, 5.0)
    assert "Authorization" not in server.seen[0].headers


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    """The token never travels to where a redirect points."""
    async with ScriptedServer(says(200, {})) as other:
        async with ScriptedServer(says(307, {}, {"Location": other.url})) as server:
            reply = await _post(server.url)
        assert reply.status == 307
        assert other.seen == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"{", b"[" * 5000, b"NaN"])
async def test_an_answer_that_is_no_json_has_no_json(body: bytes) -> None:
    """Garbage is an answer without JSON, never an error."""
    async with ScriptedServer(says(502, body)) as server:
        reply = await _post(server.url)
    assert (reply.status, reply.json) == (502, None)


async def test_an_answer_of_more_than_a_mebibyte_is_not_read() -> None:
    """What is too long has no JSON; its status still counts."""
    async with ScriptedServer(babbles) as server:
        reply = await _post(server.url)
    assert (reply.status, reply.json) == (200, None)


async def test_a_compressed_bomb_is_not_read() -> None:
    """The limit counts the bytes after decompression."""

    async def bomb(_: web.Request) -> web.StreamResponse:
        response = web.Response(body=b" " * (20 * 1024 * 1024))
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with ScriptedServer(bomb) as server:
        reply = await _post(server.url)
    assert (reply.status, reply.json) == (200, None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"http://127.0.0.1:{_free_port()}/", id="refused"),
        "http://no-such-host.invalid/",  # no address
        "ftp://127.0.0.1/",
        "http://[/",
        "not an address",
    ],
)
async def test_what_cannot_be_reached_was_certainly_not_accepted(url: str) -> None:
    """Refused, without an address or with an address that is none: NotConnected."""
    with pytest.raises(NotConnected):
        await _post(url)


async def test_a_failed_tls_handshake_was_certainly_not_accepted() -> None:
    """A server that speaks no TLS never saw the request."""
    async with ScriptedServer(says(200, {})) as server:
        with pytest.raises(NotConnected):
            await _post(server.url.replace("http://", "https://"))
    assert server.seen == []


async def test_a_connection_that_does_not_come_about_in_time_was_certainly_not_accepted() -> None:
    """A server whose queue of connections is full: the time for connecting runs out first."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        try:
            with pytest.raises(NotConnected):
                await _post(f"http://127.0.0.1:{port}/", seconds=0.6)
        finally:
            for each in waiting:
                each.close()


@pytest.mark.parametrize("answer", [hangs, hangs_up, breaks_off])
async def test_what_breaks_after_connecting_may_have_been_accepted(answer: object) -> None:
    """Silence, a disconnect or a reset in the middle of the answer: MaybeSent."""
    async with ScriptedServer(answer) as server:  # type: ignore[arg-type]
        with pytest.raises(MaybeSent):
            await _post(server.url, seconds=0.5)
    assert len(server.seen) == 1


async def test_an_answer_that_is_no_http_may_have_been_an_acceptance() -> None:
    """A server that answers with something else has had the request."""
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        odd.listen(1)
        odd.setblocking(False)
        loop = asyncio.get_running_loop()

        async def mumble() -> None:
            peer, _ = await loop.sock_accept(odd)
            with peer:
                await loop.sock_recv(peer, 65_536)
                await loop.sock_sendall(peer, b"MUMBLE\r\n\r\n")

        talk = asyncio.create_task(mumble())
        with pytest.raises(MaybeSent):
            await _post(f"http://127.0.0.1:{odd.getsockname()[1]}/")
        await talk


async def test_a_payload_that_is_no_json_is_a_value_error() -> None:
    """A lone surrogate in a reply cannot be sent; nothing leaves."""
    async with ScriptedServer(says(200, {})) as server, HttpClient() as http:
        with pytest.raises(ValueError, match="no JSON"):
            await http.post_json(server.url, {"text": "\ud800"}, TOKEN, 1.0)
    assert server.seen == []


async def test_a_client_that_was_not_started_sends_nothing() -> None:
    """Before `start` and after `close` there is no connection."""
    http = HttpClient()
    with pytest.raises(NotConnected):
        await http.post_json("http://127.0.0.1:1/", {}, TOKEN, 1.0)
    await http.start()
    await http.start()
    await http.close()
    await http.close()
    with pytest.raises(NotConnected):
        await http.post_json("http://127.0.0.1:1/", {}, TOKEN, 1.0)


async def test_the_token_shows_nowhere() -> None:
    """Neither representations nor exceptions (with their causes) contain token or address."""
    async with ScriptedServer(hangs_up) as server, HttpClient() as http:
        with pytest.raises(MaybeSent) as caught:
            await http.post_json(f"{server.url}/secret-path", {}, TOKEN, 1.0)
        shown = [repr(http), str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    assert caught.value.__suppress_context__
    assert not any("EAAG" in text or "secret-path" in text for text in shown)


def _self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    plain = key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(plain + certificate.public_bytes(form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_an_unknown_certificate_gets_no_token(tmp_path: Path) -> None:
    """A server that cannot prove its name never sees the request."""
    async with ScriptedServer(says(200, {}), tls=_self_signed(tmp_path)) as server:
        with pytest.raises(NotConnected):
            await _post(server.url)
    assert server.seen == []


async def test_a_token_that_is_no_header_is_a_value_error() -> None:
    """A token with a line break is refused without being shown."""
    async with ScriptedServer(says(200, {})) as server, HttpClient() as http:
        with pytest.raises(ValueError, match="token") as caught:
            await http.post_json(server.url, {}, SecretStr("EAAG\r\nX-Evil: 1"), 1.0)
    assert server.seen == []
    assert "EAAG" not in str(caught.value)


async def test_bytes_that_are_signed_leave_as_they_are() -> None:
    """`post` sends the very bytes and the headers that it is given, and says when an answer was too long."""

    async def takes(request: web.Request) -> web.StreamResponse:
        return web.json_response({"body": (await request.read()).decode(), "id": request.headers["webhook-id"]})

    headers = {"Content-Type": "application/json", "webhook-id": "t1"}
    async with ScriptedServer(takes) as server, HttpClient() as http:
        reply = await http.post(server.url, b'{"a" :1}', headers, 5.0)
        short = await http.post(server.url, b'{"a" :1}', headers, 5.0, most=10)
    assert reply.json == {"body": '{"a" :1}', "id": "t1"}
    assert (reply.too_long, short.too_long, short.json) == (False, True, None)
