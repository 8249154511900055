"""The engine contract: the published schema says what is sent, and the reader takes whatever fits it."""

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from middleware.domain.engine_answers import read_answer
from middleware.domain.engine_contract import SCHEMA, ReplyTo, TurnAnswer, TurnRequest
from middleware.domain.engines import EngineOutcome
from middleware.domain.forms import Buttons, Cards, Media, PhoneButton, ReplyButton, UrlButton
from middleware.domain.settable import SETTABLE
from middleware.handover import TURN, offers_of, schema_of, turn_request
from tests.unit.middleware.handover.filled import NOON, context

_PUBLISHED = schema_of(TURN)
ANSWERS = jsonschema.Draft202012Validator({"$ref": "#/$defs/TurnAnswer", "$defs": _PUBLISHED["$defs"]})

WORDS = st.text(st.characters(exclude_categories=("C", "Z", "M")), min_size=1, max_size=12)
ODD = WORDS.map(lambda text: f"{text}\u202e\x1b[1m \n\n\n\n") | WORDS.map(lambda text: text * 40)
TEXTS = WORDS | ODD
PAYLOADS = WORDS
PICTURES = st.sampled_from(["https://a.example/x.png", "https://a.example?x=1", "https://a.example:8080/ä#b"])
ADDRESSES = PICTURES | st.sampled_from(["http://a.example", "http://localhost:1/x"])


def some(most: int, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """At most so many objects, each with some of these fields: also such as do not fit the schema."""
    return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=most)


BUTTONS = some(
    3, kind=st.sampled_from(["reply", "url", "phone", None]), title=TEXTS, payload=PAYLOADS | st.none(),
    url=ADDRESSES | st.none(), phone=st.just("+34600111222") | st.none(),
)  # fmt: skip
RIGHT_BUTTONS = st.lists(
    st.fixed_dictionaries({"title": TEXTS, "payload": PAYLOADS}, optional={"kind": st.just("reply")})
    | st.fixed_dictionaries({"title": TEXTS, "url": ADDRESSES}, optional={"kind": st.just("url")})
    | st.fixed_dictionaries({"title": TEXTS, "phone": st.just("+34600111222")}, optional={"kind": st.none()}),
    max_size=3,
)
MEDIA = st.fixed_dictionaries(
    {"type": st.sampled_from(["image", "audio", "video", "file"]), "url": PICTURES},
    optional={"caption": TEXTS | st.none(), "file_name": st.just("a.pdf")},
)
CARDS = st.lists(
    st.fixed_dictionaries(
        {"title": TEXTS}, optional={"subtitle": TEXTS, "image_url": PICTURES | st.none(), "buttons": RIGHT_BUTTONS}
    ),
    max_size=3,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS | st.sampled_from(["", " ", None]),
        "quick_replies": st.lists(st.fixed_dictionaries({"title": TEXTS, "payload": PAYLOADS}), max_size=3),
        "buttons": RIGHT_BUTTONS | BUTTONS,
        "media": MEDIA | st.none(),
        "cards": CARDS,
        "mood": TEXTS,
    },
)
WHATEVER = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(MESSAGES, max_size=4),
        "hand_over": st.booleans() | TEXTS | st.sampled_from([None, "", " "]),
        "set": st.dictionaries(
            st.sampled_from([*SETTABLE, "custom.size", "email", "custom.A", ""]),
            WORDS | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            max_size=4,
        ),
        "tags": st.lists(TEXTS, max_size=4),
        "intent": st.sampled_from(["lead", "support_issue", "buy", None]),
        "usage": st.integers(),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(WHATEVER)
def test_whatever_fits_the_schema_is_read(answer: dict[str, Any]) -> None:
    """What fits, with words in it that can be seen, is never refused; all that it notes is noted, and all messages
    that it has are said.
    """
    assume(ANSWERS.is_valid(answer))
    read = read_answer(answer)
    assert read.outcome in {EngineOutcome.ANSWERED, EngineOutcome.SILENT}
    assert bool(read.replies) == bool(answer.get("messages"))
    assert read.set.keys() == answer.get("set", {}).keys()
    assert bool(read.tags) == bool(answer.get("tags"))
    assert read.intent == answer.get("intent")
    assert bool(read.hand_over) == bool(answer.get("hand_over"))


def test_the_longest_answer_that_fits_is_read_whole() -> None:
    """At each bound of the schema nothing is cut and nothing is left out: it is the reader's own."""
    address = "https://a.example/".ljust(2_000, "x")
    button = {"title": "b" * 200, "payload": "p" * 1_000}
    cards = [{"title": "c" * 200, "subtitle": "s" * 1_000, "image_url": address, "buttons": [button] * 10}] * 20
    media = {"type": "file", "url": address, "caption": "c" * 1_000, "file_name": "f" * 200}
    message = {"text": "x" * 8_000, "buttons": [{"title": "b", "url": address}] * 20}
    answer = {
        "messages": [message, {"cards": cards}, {"text": "x", "quick_replies": [button] * 20}, {"media": media}] * 2,
        "set": {**dict.fromkeys(SETTABLE, "v" * 80), **{f"custom.{'x' * 59}{n}": n for n in range(5)}},
        "tags": [f"{n}".ljust(80, "t") for n in range(10)],
        "hand_over": "h" * 300,
        "intent": "lead",
    }
    ANSWERS.validate(answer)
    read = read_answer(answer)
    assert read.detail == ""
    assert len(read.replies) == 8
    assert (len(read.set), len(read.tags), read.hand_over) == (10, 10, "h" * 300)
    text, row, quick, file = read.replies[:4]
    assert isinstance(text.form, Buttons)
    assert isinstance(row.form, Cards)
    assert isinstance(file.form, Media)
    assert (text.text, len(text.form.buttons), len(quick.quick_replies)) == ("x" * 8_000, 20, 20)
    assert (len(row.form.cards), len(row.form.cards[0].buttons), file.form.file_name) == (20, 10, "f" * 200)


def test_a_button_is_known_by_what_it_has() -> None:
    """A payload, an address or a number say what a button is; a `kind` may say it, too."""
    told = [
        {"title": "A", "payload": "a"},
        {"title": "B", "url": "https://b.example"},
        {"title": "C", "phone": "+34600"},
    ]
    kinds = [{**each, "kind": kind} for each, kind in zip(told, ("reply", "url", "phone"), strict=True)]
    told[2]["phone"] = kinds[2]["phone"] = "+34600111"
    for buttons in (told, kinds):
        answer = {"messages": [{"text": "Which?", "buttons": buttons}]}
        ANSWERS.validate(answer)
        (reply,) = read_answer(answer).replies
        assert isinstance(reply.form, Buttons)
        assert [type(each) for each in reply.form.buttons] == [ReplyButton, UrlButton, PhoneButton]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"text": "hi"},
        {"messages": None},
        {"hand_over": False},
        {"hand_over": ""},
        {"messages": [{}]},
        {"messages": [{"text": " "}]},
        {"messages": [{"text": 7}]},
        {"messages": [{"media": None}]},
        {"messages": [{"quick_replies": [{"title": "A", "payload": "a"}]}]},
        {"messages": [{"buttons": [{"title": "A"}]}]},
        {"messages": [{"buttons": [{"title": "A", "payload": "a", "url": "https://a.example"}]}]},
        {"messages": [{"buttons": [{"title": "A", "url": "https://me@evil.example"}]}]},
        {"messages": [{"media": {"type": "image", "url": "http://a.example/a.png"}}]},
        {"messages": [{"text": "a"}] * 11},
        {"messages": [], "set": {"email": "a@b.example"}},
        {"messages": [], "set": {"custom.size": None}},
        {"messages": [], "tags": ["x" * 81]},
        {"messages": [], "intent": "buy"},
    ],
)
def test_what_the_reader_refuses_or_leaves_out_does_not_fit(answer: dict[str, Any]) -> None:
    """A bot that checks its answers by the schema hears of what would not arrive."""
    assert not ANSWERS.is_valid(answer)


def test_the_models_are_the_schema_of_the_answer() -> None:
    """Every field that the reader knows stands in the schema, and no other."""
    assert TurnAnswer.model_fields.keys() == {"messages", "set", "tags", "hand_over", "intent"}
    fields = {key: "x" for key in TurnAnswer.model_fields if key not in {"messages", "set", "tags", "hand_over"}}
    assert "unknown" not in read_answer({"messages": [], "set": {}, "tags": [], "hand_over": True, **fields}).detail


def test_the_question() -> None:
    """A question names its schema, the turn and the time, and has what is handed over, the prompt only if wanted."""
    question = turn_request("t1", context(), at=NOON, blocks=("orders",))
    assert (question["schema"], question["turn"], question["at"]) == (SCHEMA, "t1", "2026-11-05T12:00:00Z")
    assert question["prompt"] is None
    assert question["reply"] is None
    assert question["values"] == {}
    conversation = question["context"]["conversation"]["id"]
    assert question["message"] == {"conversation": conversation, **question["context"]["message"]}
    assert "cart" not in question["context"]
    assert question["limits"] == {"messages": 10, "bytes": 65_536, "channel": question["context"]["policy"]["limits"]}
    assert turn_request("t1", context(), at=NOON, prompt=1_000)["prompt"].startswith("Context of one customer")
    assert turn_request("t1", context(), at=NOON, values={"order": "#1"})["values"] == {"order": "#1"}


def test_a_question_has_the_fields_of_the_contract() -> None:
    """No more and no less than the models say, with a later address and without."""
    reply = ReplyTo(url="https://bot.example/v1/turns/t/replies", until=NOON)
    question = turn_request("t1", context(), at=NOON, reply=reply)
    assert question.keys() == {field.alias or name for name, field in TurnRequest.model_fields.items()}
    alone = turn_request("t1", context(conversation=None), at=NOON)
    assert "conversation" not in alone["message"]
    jsonschema.validate(alone, _PUBLISHED)
    assert turn_request("t1", context(message=None), at=NOON)["message"] is None


@pytest.mark.parametrize(
    ("blocks", "offered"),
    [
        (("cart",), {"cart"}),
        (("product",), {"product"}),
        (("orders",), set()),
        (("cart", "product"), {"cart", "product"}),
    ],
)
def test_on_offer_is_what_stands_in_the_question(blocks: tuple[str, ...], offered: set[str]) -> None:
    """A link to what the engine is not told of is not offered to it."""
    question = turn_request("t1", context(), at=NOON, blocks=blocks)
    assert offers_of(context(), blocks).keys() == question["context"]["links"].keys() == offered
