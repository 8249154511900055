"""200 strings that want to be instructions: what is handed over keeps its shape, and only the marked texts differ."""

import json
import re

import pytest

from middleware.domain.commerce import LineItem
from middleware.domain.context import Context
from middleware.domain.known_views import DetailView
from middleware.domain.unseen import seen
from middleware.handover import hand_over, prompt_of, turn_request
from middleware.handover.prompt_lines import quoted
from tests.unit.middleware.handover.filled import NOON, context, texts
from tests.unit.middleware.handover.injections import INJECTIONS

PLACES = {
    "message.text",
    "profile.name",
    "product.value.title",
    "orders.value.latest.items[0].title",
    "details.value.fields.order_note.value",
}
HARMLESS = "Rose Night Cream"
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?: \(cut\))?')


def saying(text: str) -> Context:
    """A context in which the customer, the shop and another system said this."""
    whole = context()
    assert whole.message is not None
    assert whole.orders is not None
    assert whole.orders.value is not None
    assert whole.product is not None
    assert whole.product.value is not None
    assert whole.details is not None
    assert whole.details.value is not None
    latest = whole.orders.value.latest.model_copy(update={"items": (LineItem(title=text),)})
    orders = whole.orders.value.model_copy(update={"latest": latest})
    note = {"order_note": DetailView(value=text, source="hubspot:1", as_of=NOON)}
    details = whole.details.value.model_copy(update={"fields": note})
    changed = {
        "message": whole.message.model_copy(update={"text": text}),
        "profile": whole.profile.model_copy(update={"name": text}),
        "product": whole.product.model_copy(update={"value": whole.product.value.model_copy(update={"title": text})}),
        "orders": whole.orders.model_copy(update={"value": orders}),
        "details": whole.details.model_copy(update={"value": details}),
    }
    return whole.model_copy(update=changed)


def skeleton(prompt: str) -> list[str]:
    """The lines of a prompt with every quoted text taken out."""
    return [QUOTED.sub("Q", line) for line in prompt.splitlines()]


def test_there_are_two_hundred() -> None:
    """The generator makes 200 different strings."""
    assert len(set(INJECTIONS)) == 200


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_only_the_marked_texts_differ(text: str) -> None:
    """In what is handed over and in what an engine is asked, nothing differs but the five texts."""
    for make, before in ((hand_over, ""), (lambda each: turn_request("t", each, at=NOON), "context.")):
        told, harmless = texts(make(saying(text))), texts(make(saying(HARMLESS)))
        assert told.keys() == harmless.keys()
        differing = {path for path in told if told[path] != harmless[path]}
        assert differing <= {f"{before}{path}" for path in PLACES} | {"message.text"}


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_the_prompt_keeps_its_lines(text: str) -> None:
    """The prompt has the same labelled lines as the harmless one, and its quotes read back as what was said."""
    prompt = prompt_of(saying(text), most=20_000)
    harmless = prompt_of(saying(HARMLESS), most=20_000)
    assert skeleton(prompt) == skeleton(harmless)
    (said,) = [line.removeprefix("message: ") for line in prompt.splitlines() if line.startswith("message: ")]
    read = json.loads(said.removesuffix(" (cut)"))
    assert read == seen(text, lines=True) or read.endswith("…")
    assert not set("<>`{}[]") & set("".join(QUOTED.findall(prompt)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0001-\U000e007f]", prompt)


@pytest.mark.parametrize("most", [8, 20, 300, 5_000])
@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_quotes_are_closed_however_long(text: str, most: int) -> None:
    """A quoted text is never longer than it may be, and always a whole JSON string."""
    shown = quoted(seen(text), most)
    assert len(shown) <= max(most, len('"" (cut)'))
    assert isinstance(json.loads(shown.removesuffix(" (cut)")), str)
