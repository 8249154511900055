"""The table of what each channel can do, and the page made from it."""

import ast
from pathlib import Path

import pytest

from middleware.cli.channels import page
from middleware.domain import channels
from middleware.domain.capabilities import Capabilities, Rule
from middleware.domain.channels import CHANNELS

ROOT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    """`docs/channels.md` says what the table says: `throughline channels > docs/channels.md` writes it anew."""
    assert (ROOT / "docs" / "channels.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS.keys())
def test_every_number_has_a_source(channel: Capabilities) -> None:
    """Each row names the page that it stands on, and its channel is known by its own name."""
    assert CHANNELS[channel.name] is channel
    rows = [value for _, value in channel if isinstance(value, Rule)]
    rows += [*channel.media.values(), *channel.asks.values()]
    assert len(rows) > (4 if channel.name == "webchat" else 8)
    assert all(row.source.startswith(("M: ", "I: ", "W: ", "T: ")) for row in rows)


def test_a_context_is_told_the_numbers_that_count() -> None:
    """What a builder looked at before there were forms is still there under its name, and small."""
    limits = CHANNELS["instagram"].for_builder()
    assert {name: limits[name] for name in ("text", "text_in_bytes", "quick_replies", "quick_reply_title")} == {
        "text": 1000, "text_in_bytes": True, "quick_replies": 13, "quick_reply_title": 20,
    }  # fmt: skip
    assert limits["forms"] == ["buttons", "cards", "media", "reaction"]
    assert CHANNELS["whatsapp"].for_builder()["list_rows"] == 10
    assert len(str(limits)) < 600


@pytest.mark.parametrize("folder", ["flows/templates", "connectors/channels", "middleware/pipeline"])
def test_no_limit_stands_anywhere_else(folder: str) -> None:
    """Renderer, checker and connectors have no numbers of their own."""
    table = {640, 1000, 1024, 2000, 4096}
    for file in sorted((ROOT / folder).rglob("*.py")):
        numbers = {node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)}
        assert not {number for number in numbers if isinstance(number, int) and number in table}, file


def test_rates_are_there_for_pacing() -> None:
    """Texts and films a second for each account, and to one person on WhatsApp."""
    assert {name: (each.rates.text_per_second, each.rates.media_per_second) for name, each in CHANNELS.items()} == {
        "messenger": (300, 10), "instagram": (300, 10), "whatsapp": (80, 80), "webchat": (1000, 1000),
    }  # fmt: skip
    rates = channels.CHANNELS["whatsapp"].rates
    assert (rates.pair_seconds, rates.pair_burst) == (6, 45)
