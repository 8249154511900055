"""The page about mappings does what it says."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from connectors.mapping import mapped, read_mapping, read_ownership
from connectors.samples import SAMPLES, SampleRequest
from middleware.domain.commerce import Version

PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text(encoding="utf-8")
VERSION = Version(at=datetime(2026, 11, 5, 12, tzinfo=UTC), event="e1")


def block(kind: str, place: int = 0) -> str:
    """One of the page's examples."""
    found = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    text: str = found[place]
    return text


def test_the_example_becomes_what_the_page_says() -> None:
    """Body, mapping and result of the page belong together."""
    found = mapped(read_mapping(block("yaml"), "page"), json.loads(block("json")), version=VERSION, country="ES")
    lines = [f"{each.field} = {each.value}" for each in found.values]
    lines += [f"consent {each.channel} = {each.state}" for each in found.consents]
    assert found.problems == ()
    assert lines == block("text").splitlines()


def test_the_sample_fits_the_example() -> None:
    """`throughline trigger generic record` sends what the page maps."""
    sample = SAMPLES["generic"]["record"](SampleRequest(account_id="x", sender="", at=VERSION.at))
    assert set(json.loads(block("json"))) == set(sample.body)
    assert mapped(read_mapping(block("yaml"), "page"), sample.body, version=VERSION, country="ES").problems == ()


def test_the_ownership_of_the_page_can_be_read() -> None:
    """And means what the page says."""
    owned = read_ownership(block("yaml", 1), "page")
    assert owned.mode("lead_status", "csv") == "never"
    assert owned.mode("phone", "csv") == "ask_a_person"
    assert owned.rank("email") == ("shopify", "hubspot", "zendesk", "klaviyo", "csv")
