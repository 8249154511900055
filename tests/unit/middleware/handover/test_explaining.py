"""Explaining what is handed over, and saying nothing of what may not be told."""

import orjson
import pytest

from middleware.domain.context import BLOCKS, LEVELS, Block
from middleware.domain.identifiers import Evidence, Level
from middleware.handover import explained, selection
from middleware.identity.evidence import RULES
from tests.unit.middleware.handover.filled import NOON, context

WORDS = {name: rule.reason for name, rule in RULES.items()}


def test_every_value_says_where_it_comes_from() -> None:
    """Each value has source, age and level, by a path that `fields` takes."""
    found = explained(context(), WORDS)
    for path in ("orders.latest.number", "cart.total", "details.fields.name", "consent.all", "profile.name"):
        assert found.values[path].source == "ours"
        assert found.values[path].as_of == "2026-11-05T12:00:00Z"
    assert found.values["orders.latest.number"].needs_level == "linked"
    for path in found.values:
        selection(path)


def test_address_needs_verified() -> None:
    """A detail that only a proof opens says so."""
    whole = context()
    assert whole.details is not None
    assert whole.details.value is not None
    fields = {"street": whole.details.value.fields["name"]}
    value = whole.details.value.model_copy(update={"fields": fields})
    whole = whole.model_copy(update={"details": whole.details.model_copy(update={"value": value})})
    assert explained(whole, WORDS).values["details.fields.street"].needs_level == "verified"


def test_identifiers_are_explained_in_words() -> None:
    """Each identifier has its rule, its evidence and the reason in the table; it stays masked."""
    whole = context()
    reason = whole.identity.why[0].model_copy(
        update={"rule": "whatsapp.sender", "evidence": Evidence.ATTESTED, "identifier": "phone:…22"}
    )
    identity = whole.identity.model_copy(update={"why": (reason,)})
    (told,) = explained(whole.model_copy(update={"identity": identity}), WORDS).identifiers
    assert (told.identifier, told.rule, told.evidence) == ("phone:…22", "whatsapp.sender", "attested")
    assert told.says == f"a channel or the shop itself says so: {RULES['whatsapp.sender'].reason}"


@pytest.mark.parametrize("level", Level)
def test_what_may_not_be_told_is_explained_like_what_is_not_there(level: Level) -> None:
    """The explanation of a sender is byte for byte the same, whether what they may not be told exists or not."""
    whole = context(level=level)
    empty = {
        name: Block(state="missing", needs_level=needs) for name, needs in LEVELS.items() if needs > level
    }  # fmt: skip
    nothing = whole.model_copy(update=empty)
    told, other = (orjson.dumps(explained(each, WORDS).model_dump()) for each in (whole, nothing))
    assert told == other


def test_why_a_block_is_as_it_is() -> None:
    """Fresh, stale, withheld and missing each have their words, and the words of missing name both levels."""
    whole = context(level=Level.CARRIED)
    assert whole.cart is not None
    changed = {
        "cart": Block(state="withheld", needs_level=Level.CARRIED),
        "ad_click": whole.ad_click.model_copy(update={"state": "stale"}),  # type: ignore[union-attr]
        "browsing": Block(state="missing", needs_level=Level.CARRIED),
    }
    blocks = explained(whole.model_copy(update=changed), WORDS).blocks
    assert set(blocks) == set(BLOCKS)
    assert "somebody else" in blocks["cart"].says
    assert "older" in blocks["ad_click"].says
    assert blocks["browsing"].says == "nothing is known along this sender's path"
    assert blocks["orders"].says == "it needs the level linked, and this sender has carried"
    assert blocks["history"].as_of == NOON.isoformat().replace("+00:00", "Z")
