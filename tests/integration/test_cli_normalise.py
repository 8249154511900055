"""`throughline normalise`: what a connector makes of a body."""

import asyncio
import json
from pathlib import Path

from connectors.samples import SAMPLES
from tests.deliveries import signed_sample
from tests.integration.cli import command

KINDS = {
    "messenger": ("ad_message", "message"),
    "instagram": ("story_reply", "message"),
    "whatsapp": ("ad_message", "message"),
    "shopify": ("order_paid", "order"),
}
MORE = {"shopify": ("--topic", "orders/paid", "--shop", "glow.myshopify.com")}


async def test_events_of_a_body(tmp_path: Path) -> None:
    """A body of any connector, from a file or from standard input, is printed as a JSON list of its events."""
    bodies = {name: signed_sample(name, kind, sender="34600111222").body for name, (kind, _) in KINDS.items()}
    for connector, body in bodies.items():
        (tmp_path / connector).write_bytes(body)
    calls = [command("normalise", name, str(tmp_path / name), *MORE.get(name, ())) for name in bodies]

    *by_file, by_input = await asyncio.gather(
        *calls, command("normalise", "messenger", "-", "--json", stdin=bodies["messenger"], alone=True)
    )

    for (connector, (kind, expected)), ended in zip(KINDS.items(), by_file, strict=True):
        assert kind in SAMPLES[connector]
        assert ended.code == 0, ended.err
        (event,) = ended.json
        assert (event["kind"], event["connector"]) == (expected, connector)
        assert event["raw"]
    assert by_input.code == 0, by_input.err
    assert [event["key"] for event in by_input.json] == [event["key"] for event in by_file[0].json]


NO_BODIES = (
    ("messenger", b""),
    ("messenger", b"{"),
    ("messenger", b"\xff\xfe"),
    ("instagram", b"[]"),
    ("whatsapp", b'{"object":"page"}'),
    ("shopify", b"null"),
)


async def test_no_body_is_exit_code_1_with_a_reason() -> None:
    """What is no body of the connector ends with exit code 1 and one line that says why, and prints nothing."""
    all_ended = await asyncio.gather(*(command("normalise", name, "-", stdin=body) for name, body in NO_BODIES))

    for ended in all_ended:
        assert (ended.code, ended.out) == (1, b"")
        assert ended.err.startswith("throughline: ")
        assert len(ended.err.splitlines()) == 1


async def test_part_that_is_rejected_is_shown_with_its_reason() -> None:
    """A part that cannot be understood is printed as `rejected` with its reason, beside the events that can."""
    entry = json.loads(signed_sample("messenger", "message", sender="7301").body)
    entry["entry"][0]["messaging"].append({"sender": {"id": "7302"}, "recipient": {"id": "1001"}, "message": []})

    ended = await command("normalise", "messenger", "-", stdin=json.dumps(entry).encode())

    assert ended.code == 0, ended.err
    good, bad = ended.json
    assert good["kind"] == "message"
    assert (bad["kind"], bool(bad["reason"])) == ("rejected", True)
    assert bad["raw"]["sender"] == {"id": "7302"}


async def test_usage_errors_are_exit_code_2(tmp_path: Path) -> None:
    """An unknown connector or a file that is not there is a usage error: exit code 2 and what to write instead."""
    unknown, missing = await asyncio.gather(
        command("normalise", "telegram", "-"),
        command("normalise", "messenger", str(tmp_path / "nothing.json")),
    )

    assert (unknown.code, missing.code) == (2, 2)
    assert "messenger, instagram, whatsapp, webchat, shopify" in unknown.err
    assert "nothing.json" in missing.err
