"""Handing over: what is allowed, nothing above the level, and texts of others marked, cleaned and bounded."""

from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from middleware.domain.context import BLOCKS, LEVELS, Context
from middleware.domain.events import Attachment
from middleware.domain.identifiers import Evidence, Level
from middleware.domain.known_views import DetailsView, DetailView
from middleware.domain.untrusted import Raw, Untrusted
from middleware.handover import hand_over, prompt_of
from middleware.handover.marks import fields_of, models_in
from tests.unit.middleware.handover.filled import NOON, context, texts

OURS = {
    "AdClickView.channel", "Block.source", "Block.why", "ClaimedValue.source", "ClickView.channel",
    "ConsentView.source",
    "Context.links", "Context.lookups", "ConversationView.flow", "ConversationView.id", "DetailView.source",
    "IdentityView.identifiers",
    "Line.status", "LinkOffer.id", "LinkOffer.url", "MessageView.account", "MessageView.channel",
    "MessageView.locale", "Money.currency", "Policy.limits", "Policy.reasons", "ProfileView.claimed",
    "ProfileView.locale", "Reason.evidence", "Reason.identifier", "Reason.rule", "Window.allowed_kinds", "Window.why",
}  # fmt: skip
"""The texts of a context that are our own words: names of connectors and rules, masks, reasons."""


def models() -> Iterator[type[BaseModel]]:
    """All models that a context is made of."""
    seen, ahead = set[type[BaseModel]](), [Context]
    while ahead:
        model = ahead.pop()
        if model not in seen:
            seen.add(model)
            yield model
            ahead += [each for field in model.model_fields.values() for each in models_in(field.annotation)]


def holds_text(annotation: Any) -> bool:
    """Whether a field can hold a text that is none of a fixed list of words."""
    return annotation in {str, Any} or any(holds_text(part) for part in get_args(annotation) if part is not NoneType)


def test_every_text_is_marked_or_ours() -> None:
    """Each text of a context is marked as of others or as a raw id, or stands in the list of our own words above."""
    unmarked = {
        f"{model.__name__.partition('[')[0]}.{field.name}"
        for model in models()
        for field in fields_of(model)
        if field.mark is None and holds_text(model.model_fields[field.name].annotation)
    }
    assert unmarked == OURS


def test_all_that_is_allowed_is_the_whole_context() -> None:
    """With every block, ids and the highest level, harmless data is handed over exactly as the models dump it."""
    whole = context()
    assert hand_over(whole, ids=True) == whole.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_only_named_blocks() -> None:
    """Blocks that are not named are not there, whatever the context has; nor is a link that leads into one."""
    told = hand_over(context(), blocks=("orders", "history"))
    assert {name for name in BLOCKS if name in told} == {"orders", "history"}
    assert told["links"] == {}
    assert set(hand_over(context(), blocks=("cart",))["links"]) == {"cart"}
    assert hand_over(context(level=Level.CHANNEL))["links"].keys() == {"product"}


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("by", ["the identity", "the caller"])
def test_nothing_above_the_level(level: Level, by: str) -> None:
    """A block above the sender's level, or the caller's, is `missing` as if there were nothing, and not a word of it is
    anywhere; who it is of is not told further than the level goes either.
    """
    whole = context(level=level if by == "the identity" else Level.VERIFIED)
    told = hand_over(whole, level=level if by == "the caller" else Level.VERIFIED)

    everything = orjson.dumps(told).decode() + prompt_of(whole, level=level)
    for name, needs in LEVELS.items():
        if needs > level:
            assert told[name] == {"state": "missing", "needs_level": needs.name.lower()}
            assert f"said at {name}." not in everything
        else:
            assert f"{name}.value" in everything or name in {"history", "consent"}
    assert told["identity"]["level"] == level.name.lower()


def test_a_lower_level_tells_of_no_identifier_beyond_it() -> None:
    """Asked for less than the sender's own level, identifiers that are reached by better evidence are left out."""
    whole = context()
    reasons = [
        whole.identity.why[0].model_copy(update={"evidence": each, "identifier": f"id:{each}"}) for each in Evidence
    ]
    identity = whole.identity.model_copy(update={"why": reasons, "identifiers": [each.identifier for each in reasons]})
    told = hand_over(whole.model_copy(update={"identity": identity}), level=Level.CARRIED)["identity"]
    assert told["identifiers"] == ["id:claimed", "id:carried"]
    assert [each["evidence"] for each in told["why"]] == ["claimed", "carried"]


def test_address_and_birth_date_need_a_proof() -> None:
    """Of the details, address and date of birth are handed over at `verified` only."""
    detail = DetailView(value="Elm Street 5", source="hubspot:1", as_of=NOON)
    fields = {"street": detail, "birth_date": detail, "company": detail.model_copy(update={"value": "Glow"})}
    whole = context()
    assert whole.details is not None
    whole = whole.model_copy(update={"details": whole.details.model_copy(update={"value": DetailsView(fields=fields)})})
    assert set(hand_over(whole)["details"]["value"]["fields"]) == set(fields)
    assert set(hand_over(whole, level=Level.LINKED)["details"]["value"]["fields"]) == {"company"}


def test_without_ids() -> None:
    """Without ids there is no profile id, and ids of platforms are names that stand for them, the same each time."""
    whole = context()
    lines = [line.model_copy(update={"id": "wamid.HBgL"}) for line in whole.conversation.lines]  # type: ignore[union-attr]
    message = whole.message.model_copy(update={"reply_to": "wamid.HBgL"})  # type: ignore[union-attr]
    conversation = whole.conversation.model_copy(update={"lines": lines})  # type: ignore[union-attr]
    told = hand_over(whole.model_copy(update={"message": message, "conversation": conversation}))
    everything = orjson.dumps(told).decode()
    assert "raw " not in everything
    assert "HBgL" not in everything
    assert "profile_id" not in told["identity"]
    assert told["message"]["reply_to"] == told["conversation"]["lines"][0]["id"]


def test_texts_are_bounded() -> None:
    """No text of others is longer than its mark says; an address that would be cut is left out."""
    long = hand_over(context(lambda _: "word " * 10_000))
    marks = {field.mark.most for model in models() for field in fields_of(model) if isinstance(field.mark, Untrusted)}
    assert max(len(value) for value in texts(long).values() if isinstance(value, str)) <= max(marks)
    assert len(long["profile"]["name"]) <= 80
    assert "url" not in long["product"]["value"]


def test_lists_and_nested_details_are_bounded() -> None:
    """Lists have at most 50 elements, and what others nest deeper than four levels is left out."""
    deep: dict[str, Any] = {
        "a": {"b": {"c": {"d": {"e": "f"}}}},
        "many": list(range(500)),
        "huge": 10**30,
        "odd": float("nan"),
    }
    attachment = Attachment(kind="fallback", details=deep)
    whole = context()
    message = whole.message.model_copy(update={"attachments": (attachment,) * 200})  # type: ignore[union-attr]
    attachments = hand_over(whole.model_copy(update={"message": message}))["message"]["attachments"]
    assert len(attachments) == 50
    assert len(attachments[0]["details"]["many"]) == 50
    assert attachments[0]["details"]["huge"] == str(10**30)
    assert "odd" not in attachments[0]["details"]
    assert orjson.loads(orjson.dumps(attachments)) == attachments
    assert attachments[0]["details"]["a"]["b"]["c"] == {}


def test_keys_of_others_are_cleaned_too() -> None:
    """Names in an object that others made are texts of others as well."""
    whole = context()
    attachment = Attachment(kind="fallback", details={"a\u202e\x1bb": "x\u202ey"})
    message = whole.message.model_copy(update={"attachments": (attachment,)})  # type: ignore[union-attr]
    told = hand_over(whole.model_copy(update={"message": message}))
    assert told["message"]["attachments"][0]["details"] == {"ab": "xy"}


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_what_is_handed_over_is_json(text: str) -> None:
    """Whatever others write, halves of characters included, what is handed over is JSON and the same once read back."""
    told = hand_over(context(lambda _: text))
    assert orjson.loads(orjson.dumps(told)) == told


def test_marks_are_found_inside_options_and_lists() -> None:
    """The mark of a field is found however deep it stands in its annotation."""
    kinds = {field.name: type(field.mark) for field in fields_of(DetailsView)}
    assert kinds == {"fields": Untrusted, "tags": Untrusted, "segments": Untrusted}
    assert {field.name: type(field.mark) for field in fields_of(Attachment)}["media_id"] is Raw
