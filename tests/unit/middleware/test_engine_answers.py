"""The answer of an engine, read: what it may say, what is left out, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.channels import CHANNELS
from middleware.domain.engine_answers import ASKED_FOR, LONGEST_TEXT, MOST_CHOICES, MOST_MESSAGES, read_answer
from middleware.domain.engine_reading import Notes, Unreadable
from middleware.domain.engine_text import on_one_line, sayable
from middleware.domain.engines import EngineAnswer, EngineOutcome
from middleware.domain.fitting import fit
from middleware.domain.forms import Buttons, Cards, Media, ReplyButton, UrlButton
from middleware.domain.messages import QuickReply, Reply

YES = {"title": "Yes", "payload": "YES"}
PICTURE = {"type": "image", "url": "https://cdn.example/a.png"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(max_size=20) | st.sampled_from(["", " ", "\x1b[1mx", "\u202ex", "\ud800", "x" * 9_000, "a\nb"])
URLS = st.sampled_from(
    ["https://a.example/x", "http://a.example", "javascript:alert(1)", "https://u@evil.example", "x"]
)
BUTTONS = st.fixed_dictionaries(
    {}, optional={"title": TEXTS, "payload": TEXTS, "url": URLS, "phone": st.just("+346001112")}
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "quick_replies": st.lists(st.fixed_dictionaries({"title": TEXTS, "payload": TEXTS}), max_size=4),
        "buttons": st.lists(BUTTONS, max_size=4),
        "media": st.fixed_dictionaries(
            {"type": st.sampled_from(["image", "file", "sticker"]), "url": URLS}, optional={"caption": TEXTS}
        ),
        "cards": st.lists(st.fixed_dictionaries({"title": TEXTS}, optional={"image_url": URLS}), max_size=3),
        "odd": JSON,
    },
)
ANSWERS = st.fixed_dictionaries(
    {"messages": st.lists(MESSAGES, max_size=12)}, optional={"hand_over": st.booleans() | TEXTS}
)


def read(*messages: Any, **more: Any) -> EngineAnswer:
    """An answer of these messages, read."""
    return read_answer({"messages": list(messages), **more})


@given(JSON | st.fixed_dictionaries({"messages": JSON}) | st.fixed_dictionaries({"messages": st.lists(JSON)}))
def test_any_json_is_read_or_refused(answer: Any) -> None:
    """Whatever an engine answers ends in an answer or in `Unreadable`."""
    try:
        read_ = read_answer(answer)
    except Unreadable:
        return
    assert read_.outcome in {EngineOutcome.ANSWERED, EngineOutcome.SILENT}


@given(ANSWERS)
def test_what_is_read_is_bounded_and_can_be_seen(answer: Any) -> None:
    """Never more messages, longer texts or hidden characters than allowed; every channel can be fitted from it."""
    try:
        read_ = read_answer(answer)
    except Unreadable:
        return
    assert len(read_.replies) <= MOST_MESSAGES
    for reply in read_.replies:
        assert len(reply.text) <= LONGEST_TEXT
        shown = reply.model_dump_json()
        assert not any(hidden in shown for hidden in ("\\u001b", "\u202e", "\\ud800", "javascript:", "u@evil"))
        assert not (isinstance(reply.form, Media) and not (reply.form.url or "").startswith("https://"))
        for channel in CHANNELS.values():
            fit(reply, channel)


@given(st.text())
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    """Cleaning is idempotent, and never makes a text longer."""
    once = sayable(text, 100)
    assert sayable(once, 100) == once
    assert len(once) <= 100
    assert "\n" not in on_one_line(text, 100)


def test_one_message_has_one_content() -> None:
    """Media, cards and buttons of one message are messages of their own; the text stands at the last."""
    answer = read({"text": "Hi", "media": PICTURE, "cards": [{"title": "Rose"}], "buttons": [YES]})
    media, cards, last = answer.replies
    assert isinstance(media.form, Media)
    assert isinstance(cards.form, Cards)
    assert (media.text, cards.text, last.text) == ("", "", "Hi")
    assert last.form == Buttons(buttons=(ReplyButton(title="Yes", payload="YES"),))


def test_quick_replies_without_a_text_stand_under_the_message_before() -> None:
    """Where there is none before, or it has choices, they are left out and noted."""
    quick = (QuickReply(title="Yes", payload="YES"),)
    assert read({"text": "Sure?"}, {"quick_replies": [YES]}).replies == (
        Reply(text="Sure?", quick_replies=quick, split=True),
    )
    with pytest.raises(Unreadable, match=r"nothing of it can be shown: messages\[0\].quick_replies: no text"):
        read({"quick_replies": [YES]})
    twice = read({"text": "Sure?", "quick_replies": [YES]}, {"quick_replies": [YES]})
    assert len(twice.replies) == 1
    assert "messages[1].quick_replies" in twice.detail


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"title": "A"}, "has to have one of payload, url and phone"),
        ({"title": "A", "payload": "a", "url": "https://a.example"}, "has to have one of payload, url and phone"),
        ({"title": "A", "url": "javascript:alert(1)"}, ".url: no web address"),
        ({"title": "A", "url": "https://good.example@evil.example/"}, ".url: no web address"),
        ({"title": "A", "url": "https://a.example/" + "x" * 2000}, ".url: no web address"),
        ({"title": "A", "url": "https://a.example/\u202etxt"}, ".url: no web address"),
        ({"title": "A", "phone": "0600"}, ".phone: no number"),
        ({"title": "\u200b", "payload": "a"}, ".title: missing"),
        ({"title": "A", "payload": "x" * 1001}, ".payload: not 1 to 1000"),
        ({"title": "A", "payload": "a\x00"}, ".payload: not 1 to 1000"),
    ],
)
def test_a_button_that_cannot_be_shown_is_left_out(button: dict[str, str], why: str) -> None:
    """The others stay, and the trace says which and why."""
    answer = read({"text": "Hi", "buttons": [button, {"title": "Shop", "url": "http://shop.example"}]})
    assert answer.replies[0].form == Buttons(buttons=(UrlButton(title="Shop", url="http://shop.example"),))
    assert why in answer.detail
    assert answer.detail.startswith("messages[0].buttons[0]")


def test_media_come_by_https_only_and_never_from_the_brands_files() -> None:
    """A file of the brand, an upload or another scheme is no place that an engine can name."""
    for media in (
        {"type": "image", "file": "secret.png"},
        {"type": "image", "media_id": "1"},
        {**PICTURE, "url": "http://a.example/x"},
    ):
        answer = read({"text": "Hi", "media": media})
        assert answer.replies == (Reply(text="Hi", split=True),)
        assert "messages[0].media.url: no web address that begins with https://" in answer.detail


def test_an_engine_sets_nothing_but_what_it_says() -> None:
    """Tags, templates, quotes, variants and comments are unknown keys: ignored, counted, and their names not told."""
    answer = read(
        {"text": "Hi", "tag": "human_agent", "template": "t", "to_comment": "1", "reply_to": "2", "variant": "b"}
    )
    assert answer.replies == (Reply(text="Hi", split=True),)
    assert answer.detail == "messages[0]: 5 unknown keys ignored"


def test_more_than_there_is_room_for_is_left_out() -> None:
    """Twenty choices of a message at most, and ten messages."""
    answer = read({"text": "Hi", "quick_replies": [YES] * 30}, *({"text": str(number)} for number in range(20)))
    assert len(answer.replies) == MOST_MESSAGES
    assert len(answer.replies[0].quick_replies) == MOST_CHOICES
    assert "messages[0].quick_replies: more than 20" in answer.detail
    assert "messages: more than 10" in answer.detail


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "the answer is no object"),
        ([], "the answer is no object"),
        ({}, "messages is missing"),
        ({"text": "Hi"}, "messages is missing"),
        ({"messages": None}, "messages is missing"),
        ({"messages": {}}, "messages is no list"),
        ({"messages": ["Hi"]}, r"messages\[0\] is no object"),
        ({"messages": [{"text": 5}]}, r"messages\[0\].text is no text"),
        ({"messages": [{"text": "a"}, {"buttons": [5]}]}, r"messages\[1\].buttons\[0\] is no object"),
        ({"messages": [{"text": "a", "cards": [{"title": "a", "buttons": {}}]}]}, r"cards\[0\].buttons is no list"),
        ({"messages": [], "hand_over": 1}, "hand_over is no text"),
        ({"messages": [{}]}, r"messages\[0\]: nothing to show"),
    ],
)
def test_another_shape_is_refused_and_says_where(answer: Any, why: str) -> None:
    """A wrong type is no answer: the reason names the place."""
    with pytest.raises(Unreadable, match=why):
        read_answer(answer)


@pytest.mark.parametrize(
    ("wanted", "why"), [(True, ASKED_FOR), ("  too\nhard ", "too hard"), ("", None), (False, None), (None, None)]
)
def test_a_person_is_asked_for_with_a_reason(wanted: object, why: str | None) -> None:
    """`hand_over` is true or why; what is said beside it is said."""
    answer = read({"text": "One moment"}, hand_over=wanted)
    assert (answer.outcome, answer.hand_over) == (EngineOutcome.ANSWERED, why)
    assert len(answer.replies) == 1


def test_nothing_is_said_on_purpose_or_not_at_all() -> None:
    """No messages are SILENT; a hand-over without messages is an answer; notes from before stay."""
    assert read().outcome is EngineOutcome.SILENT
    assert read(hand_over=True).outcome is EngineOutcome.ANSWERED
    assert read_answer({"hand_over": True}).outcome is EngineOutcome.ANSWERED
    notes = Notes()
    notes.add("traces[0]", "of no kind")
    assert read_answer({"messages": []}, notes).detail == "traces[0]: of no kind"


def test_what_an_engine_notes_is_read() -> None:
    """Fields, tags and an intent come out as flows note them: texts, cleaned, each tag once."""
    answer = read(
        {"text": "Hi"},
        set={"company": " Rose\x1b[1m\n GmbH\u202e", "custom.size": 38, "custom.vip": True, "custom.rate": 0.5},
        tags=["reseller", "b2b\u200b", "reseller"],
        intent="lead",
    )
    assert answer.set == {"company": "Rose GmbH", "custom.size": "38", "custom.vip": "true", "custom.rate": "0.5"}
    assert (answer.tags, answer.intent, answer.detail) == (("reseller", "b2b"), "lead", "")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"set": {"email": "ana@example.com", "name": "Ana"}}, "set: 2 fields left out; company, job_title, language,"),
        ({"set": {"custom.Size": "M"}}, "set: 1 field left out; "),
        ({"set": {"company": "x" * 81}}, "set: not 1 to 80 characters"),
        ({"set": {"company": "one word after the other " * 9}}, "set: not 1 to 80 characters"),
        ({"set": {"company": None}}, "set: not 1 to 80 characters"),
        ({"set": {f"custom.a{number}": "x" for number in range(11)}}, "set: more than 10"),
        ({"tags": ["x" * 81]}, "tags[0]: not 1 to 80 characters"),
        ({"tags": ["", "\u200b"]}, "tags[1]: not 1 to 80 characters"),
        ({"tags": [str(number) for number in range(11)]}, "tags: more than 10"),
        ({"intent": "secret"}, "intent: none of product_interest, support_issue, lead"),
    ],
)
def test_what_cannot_be_noted_is_left_out(more: dict[str, Any], why: str) -> None:
    """Nobody is recognised or reached by what an engine says; what is said is said, and the trace tells in no word."""
    answer = read({"text": "Hi"}, **more)
    assert len(answer.replies) == 1
    assert why in answer.detail
    assert not any(word in answer.detail for word in ("ana@", "Size", "secret", "one word"))
    assert (len(answer.set), len(answer.tags)) in {(0, 0), (10, 0), (0, 10)}
    assert answer.intent is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"set": []}, "set is no object"),
        ({"set": {"company": ["x"]}}, "a value of set is no text"),
        ({"tags": "vip"}, "tags is no list"),
        ({"tags": [1]}, r"tags\[0\] is no text"),
        ({"intent": 1}, "intent is no text"),
    ],
)
def test_notes_of_another_shape_are_refused(more: dict[str, Any], why: str) -> None:
    """A wrong type is no answer, there as anywhere."""
    with pytest.raises(Unreadable, match=why):
        read({"text": "Hi"}, **more)
