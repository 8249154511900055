"""Alive, ready, metrics, and what an address that does not exist answers."""

from pathlib import Path

import pytest

from middleware.web.app import build_metrics_app, listening
from tests.running import Running, running
from tests.stores import StoreServer


async def get(shop: Running, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    """Status, content type and headers of an answer."""
    async with shop.http.request(method, shop.url + path) as answer:
        await answer.read()
        return answer.status, answer.content_type, dict(answer.headers)


async def test_alive_and_ready(shop: Running) -> None:
    """A running installation says that it is alive and ready."""
    assert (await get(shop, "/livez"))[:2] == (200, "application/json")
    assert (await get(shop, "/readyz"))[:2] == (200, "application/json")


async def test_without_the_store_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    """When the store is away the process is alive, not ready, and accepts nothing: 503 with the time to come back."""
    with StoreServer.started(tmp_path) as server:
        async with running(server, tmp_path) as shop:
            assert server.process is not None
            server.process.kill()
            server.process.wait()

            assert (await get(shop, "/livez"))[0] == 200
            status, content_type, headers = await get(shop, "/readyz")
            assert (status, content_type) == (503, "application/problem+json")
            assert int(headers["Retry-After"]) > 0
            body, signed = shop.sample("messenger", "message", sender="7301")
            assert await shop.post("messenger", body, signed) == 503
            assert shop.graph.requests == []


async def test_metrics_have_an_address_of_their_own(shop: Running) -> None:
    """Metrics are not on the address that the public reaches; on their own they count what happened."""
    await shop.say("messenger", sender="7301", text="hello")
    await shop.say("messenger", sender="7301", text="hello", message_id="m_1")
    await shop.quiet()
    assert (await get(shop, "/metrics"))[0] == 404

    async with listening(build_metrics_app(shop.here.metrics), "127.0.0.1", 0) as url:
        async with shop.http.get(f"{url}/metrics") as answer:
            assert answer.status == 200
            assert answer.content_type == "text/plain"
            text = await answer.text()
        async with shop.http.get(f"{url}/livez") as answer:
            assert answer.status == 404

    assert 'throughline_deliveries_total{connector="messenger",result="accepted"} 2.0' in text
    assert 'throughline_events_total{connector="messenger",result="fresh"} 2.0' in text
    assert 'throughline_stages_total{stage="finished"} 2.0' in text
    assert "7301" not in text


async def test_refused_deliveries_are_counted(shop: Running) -> None:
    """An unsigned delivery is counted, and nothing of what it says is."""
    assert await shop.post("messenger", b'{"object":"page"}', {}) == 401

    value = shop.here.metrics.registry.get_sample_value(
        "throughline_deliveries_total", {"connector": "messenger", "result": "unsigned"}
    )
    assert value == 1


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v1", "/v1/", "/v1/context/", "/v2/context", "/.env", "/livez/", "/%00"]
)
async def test_unknown_path_is_a_problem_document(shop: Running, path: str) -> None:
    """An address that does not exist is 404 as a problem document that says nothing of the machine."""
    async with shop.http.get(shop.url + path) as answer:
        document = await answer.json(content_type="application/problem+json")
        assert answer.status == 404
        assert document["status"] == 404
        assert set(document) <= {"type", "status", "title", "detail"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/livez"),
        ("DELETE", "/readyz"),
        ("PUT", "/webhooks/messenger"),
        ("DELETE", "/webhooks/messenger/messenger"),
        ("POST", "/v1/context"),
    ],
)
async def test_wrong_method_is_a_problem_document(shop: Running, method: str, path: str) -> None:
    """A method that an address does not take is 405 as a problem document, with those that it takes."""
    status, content_type, headers = await get(shop, path, method)

    assert (status, content_type) == (405, "application/problem+json")
    assert headers["Allow"]


async def test_head_is_answered_like_get(shop: Running) -> None:
    """Load balancers ask with HEAD: it is answered as GET is."""
    assert (await get(shop, "/livez", "HEAD"))[0] == 200
    assert (await get(shop, "/readyz", "HEAD"))[0] == 200


async def test_answers_do_not_show_what_runs_here(shop: Running) -> None:
    """No answer names the versions of what runs here."""
    seen = [(await get(shop, path))[2].get("Server", "") for path in ("/livez", "/nothing", "/v1/context")]

    assert not any(character.isdigit() for server in seen for character in server)
