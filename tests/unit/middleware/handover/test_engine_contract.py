"""The engine contract: one shape of an answer, read strictly, refused with its place, and what it becomes."""

from contextlib import suppress
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.context import LinkOffer
from middleware.domain.engine_contract import (
    MOST_BYTES,
    SCHEMA,
    AnswerError,
    TurnAnswer,
    links_used,
    read_answer,
    reason_of,
    replies_of,
)
from middleware.domain.forms import Buttons, Media, PhoneButton, ReplyButton, UrlButton
from middleware.domain.messages import QuickReply
from middleware.handover import TURN, schema_of, turn_request
from tests.unit.middleware.handover.filled import NOON, context


def read(content: Any) -> TurnAnswer:
    """An answer from plain data."""
    return read_answer(orjson.dumps(content)).answer


def refusal(content: Any) -> str:
    """Why an answer is refused."""
    with pytest.raises(AnswerError) as caught:
        read_answer(content if isinstance(content, bytes) else orjson.dumps(content))
    return str(caught.value)


def test_everything_an_answer_can_have() -> None:
    """Texts, quick replies, buttons and media become replies in their order; the rest is there as it was said."""
    buttons = [
        {"kind": "reply", "title": "Yes", "payload": "yes"},
        {"kind": "url", "title": "Shop", "url": "https://shop.example/"},
        {"kind": "phone", "title": "Call", "phone": "+34600111222"},
    ]
    answer = read(
        {
            "messages": [
                {"text": "Hello"},
                {"text": "Which?", "quick_replies": [{"title": "A", "payload": "a"}]},
                {"text": "More", "buttons": buttons},
                {"text": "Look", "media": {"type": "image", "url": "https://x.example/a.png", "caption": "Rose"}},
            ],
            "set": {"size": "M", "count": 2, "vip": True, "rate": 0.5, "gone": None},
            "tags": ["asked_price"],
            "hand_over": "wants a refund",
            "intent": "support_issue",
        }
    )
    hello, which, more, look = replies_of(answer)
    assert (hello.text, hello.form, hello.template) == ("Hello", None, None)
    assert which.quick_replies == (QuickReply(title="A", payload="a"),)
    assert isinstance(more.form, Buttons)
    assert [type(each) for each in more.form.buttons] == [ReplyButton, UrlButton, PhoneButton]
    assert look.form == Media(type="image", url="https://x.example/a.png", caption="Rose")
    assert answer.set == {"size": "M", "count": 2, "vip": True, "rate": 0.5, "gone": None}
    assert (answer.tags, answer.intent, reason_of(answer)) == (("asked_price",), "support_issue", "wants a refund")


def test_no_reply() -> None:
    """No messages and no hand-over is an answer: nothing is said."""
    answer = read({"messages": []})
    assert (replies_of(answer), reason_of(answer)) == ((), None)


@pytest.mark.parametrize(
    ("hand_over", "reason"), [(True, "the engine asked for a person"), (False, None), ("a\n\x1bb", "a b")]
)
def test_hand_over(hand_over: Any, reason: str | None) -> None:
    """A person is asked for by true or by a reason, which is put on one line."""
    assert reason_of(read({"messages": [], "hand_over": hand_over})) == reason


def test_text_is_text() -> None:
    """What looks like a template, a tag or a control sequence is text; unseen characters are gone, emoji are not."""
    text = "{{ orders.latest.number }} {% if x %} <b>*hi*</b>\nnew line \x1b[31m\u202e👨‍👩‍👧‍👦"
    (reply,) = replies_of(read({"messages": [{"text": text}]}))
    assert reply.text == "{{ orders.latest.number }} {% if x %} <b>*hi*</b>\nnew line [31m👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"text": "hi"}, 'messages: it is missing; the one shape of an answer is {"messages": [{"text": "..."}]}'),
        ({"reply": "hi"}, "messages: it is missing"),
        ([{"text": "hi"}], "an answer is an object"),
        ("hi", "an answer is an object"),
        (None, "an answer is an object"),
        (b"", "the answer is no JSON"),
        (b"<html>", "the answer is no JSON"),
        (b'{"messages": [{"text": NaN}]}', "the answer is no JSON"),
        (b'{"messages": [{"text": "\xff"}]}', "the answer is no JSON"),
        (b"[" * 60_000, "the answer is no JSON"),
        (b" " * (MOST_BYTES + 1), "at most 65536 bytes, this one has 65537"),
        ({"messages": "hi"}, "messages: "),
        ({"messages": {"text": "hi"}}, "messages: "),
        ({"messages": ["hi"]}, "messages[0]: "),
        ({"messages": [{"text": 7}]}, "messages[0].text: "),
        ({"messages": [{"text": "a"}, {"text": None}]}, "messages[1].text: "),
        ({"messages": [{}]}, "messages[0]: a message has a text, or media"),
        ({"messages": [{"text": " \u200b\n"}]}, "messages[0]: a message has a text, or media"),
        ({"messages": [{"text": "x" * 8_001}]}, "messages[0].text: "),
        ({"messages": [{"text": "a"}] * 11}, "messages: "),
        ({"messages": [{"text": "a", "template": "welcome"}]}, "messages[0].template: an engine sends text"),
        ({"messages": [{"text": "a", "quick_replies": [{"title": "A"}]}]}, "messages[0].quick_replies[0].payload: "),
        ({"messages": [{"text": "a", "buttons": [{"kind": "url", "title": "A"}]}]}, "[0]: a button of the kind url"),
        ({"messages": [{"text": "a", "buttons": [{"kind": "call", "title": "A"}]}]}, "messages[0].buttons[0].kind: "),
        ({"messages": [{"buttons": [{"kind": "url", "title": "A", "url": "javascript:x"}]}]}, "buttons[0].url"),
        ({"messages": [{"media": {"type": "image", "file": "secret.png"}}]}, "messages[0].media.url: "),
        ({"messages": [{"media": {"type": "image", "url": "file:///etc/passwd"}}]}, "messages[0].media.url: "),
        (
            {"messages": [{"text": "a", "media": {"type": "image", "url": "https://x.example"},
                           "quick_replies": [{"title": "A", "payload": "a"}]}]},
            "one of quick_replies, buttons and media",
        ),
        ({"messages": [], "hand_over": 1}, "hand_over: has to be a valid string or has to be a valid boolean"),
        ({"messages": [], "hand_over": ""}, "hand_over: "),
        ({"messages": [], "tags": "vip"}, "tags: "),
        ({"messages": [], "set": {"a": {"b": 1}}}, "set.a: "),
        ({"messages": [], "set": {"A b": 1}}, "set.A b: "),
        ({"messages": [], "set": {"a": 2**60}}, "set.a: "),
        (b'{"messages": [], "set": {"a": 1e999}}', "set.a: "),
        (b'{"messages": [{"text": "\\ud800"}]}', "the answer is no JSON"),
        ({"messages": [], "set": {f"n{n}": n for n in range(21)}}, "set: "),
        ({"messages": [], "intent": "buy"}, "intent: "),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(content: Any, said: str) -> None:
    """Whatever is not of the contract is refused with its place and what is wrong, in a few words."""
    reason = refusal(content)
    assert said in reason
    assert len(reason) < 500


def test_unknown_keys_are_ignored_and_named() -> None:
    """What the contract does not know is ignored, and named with its place."""
    read_one = read_answer(
        orjson.dumps({"messages": [{"text": "a", "mood": 1, "quick_replies": [{"title": "A", "payload": "a", "x": 1}]}],
                      "usage": {"tokens": 9}})
    )  # fmt: skip
    assert read_one.ignored == ("usage", "messages[0].mood", "messages[0].quick_replies[0].x")
    assert len(read_answer(orjson.dumps({"messages": [], **{f"k{n}": n for n in range(500)}})).ignored) == 20


def test_refusals_tell_no_words_of_the_answer() -> None:
    """A reason names places, not what stands there: it goes into traces."""
    assert "secret" not in refusal({"messages": [{"text": ["secret"], "media": "secret"}], "intent": "secret"})


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["messages", "text", "buttons", "media", "set", "tags", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_comes_is_an_answer_or_a_refusal(content: Any) -> None:
    """No JSON brings anything but an answer within its bounds, or a reason."""
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS) if _fits(content) else b"{}"
    with suppress(AnswerError):
        answer, ignored = read_answer(body)
        assert len(replies_of(answer)) <= 10
        assert len(ignored) <= 20


def _fits(content: Any) -> bool:
    try:
        orjson.dumps(content)
    except TypeError:
        return False
    return True


@given(st.binary(max_size=200))
def test_whatever_bytes_come(body: bytes) -> None:
    """No bytes bring anything but an answer or a reason."""
    with suppress(AnswerError):
        read_answer(body)


def test_answers_hold_to_the_published_schema() -> None:
    """What is read is valid by the schema, and what the schema refuses is refused."""
    schema = schema_of(TURN)
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/TurnAnswer", "$defs": schema["$defs"]})
    validator.validate({"messages": [{"text": "Hello"}], "hand_over": True})
    assert not validator.is_valid({"text": "hi"})
    assert not validator.is_valid({"messages": [{"text": 7}]})


def test_personal_links_that_an_answer_says() -> None:
    """A link on offer comes into being when its address stands in the answer, in a text or behind a button."""
    offered = {
        "product": LinkOffer(id="a", url="https://shop.example/cart/1:1?x=a"),
        "cart": LinkOffer(id="b", url="https://shop.example/cart/2:1?x=b"),
    }
    button = {"kind": "url", "title": "Cart", "url": offered["cart"].url}
    assert links_used(read({"messages": [{"text": f"Here: {offered['product'].url}"}]}), offered) == ("product",)
    assert links_used(read({"messages": [{"text": "Here", "buttons": [button]}]}), offered) == ("cart",)
    assert links_used(read({"messages": [{"text": "Here"}]}), offered) == ()


def test_the_question() -> None:
    """A question names its schema, the turn and the time, and has what is handed over, the prompt only if wanted."""
    question = turn_request("t1", context(), at=NOON, blocks=("orders",))
    assert (question["schema"], question["turn"], question["at"]) == (SCHEMA, "t1", "2026-11-05T12:00:00Z")
    assert question["prompt"] is None
    assert question["reply"] is None
    assert question["message"] == question["context"]["message"]
    assert "cart" not in question["context"]
    assert question["limits"] == {"messages": 10, "bytes": 65_536, "channel": question["context"]["policy"]["limits"]}
    assert turn_request("t1", context(), at=NOON, prompt=1_000)["prompt"].startswith("Context of one customer")
