"""Replies of every form, made up: what Hypothesis draws from, and how a channel writes them."""

from typing import Any

from hypothesis import strategies as st

from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from connectors.meta_channel import MetaChannel
from connectors.testing.checks import ApprovedTemplate, Known
from middleware.domain.forms import (
    MIME_TYPES,
    Approved,
    ApprovedButton,
    Ask,
    Buttons,
    Card,
    Cards,
    Choices,
    Media,
    PhoneButton,
    Reaction,
    ReplyButton,
    Row,
    Section,
    UrlButton,
)
from middleware.domain.messages import QuickReply, Reply

CHANNELS: dict[str, MetaChannel] = {
    channel.name: channel for channel in (Messenger(HttpClient()), Instagram(HttpClient()), WhatsApp(HttpClient()))
}

ADDRESSES = {"messenger": {"id": "7301"}, "instagram": {"id": "9201"}, "whatsapp": {"recipient": "FR.9001a"}}


def _long(*texts: tuple[str, int]) -> st.SearchStrategy[str]:
    """Texts of so many characters, which are not written out in a failure."""
    return st.sampled_from(texts).map(lambda each: each[0] * each[1])


# Short and long, near the limits and over them, with line breaks, emoji, halves of characters and nothing at all.
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", " ", "\n", "\ud800"]),
    _long(("é", 501), ("x", 641), ("x", 1025), ("👩‍👩‍👧", 30), ("x", 5000), ("https://a.example/", 60)),
    st.integers(1, 4200).map(lambda count: "ü" * count),
)
WORDS = st.one_of(
    st.text(max_size=25),
    st.sampled_from(["", " ", "Yes", "No", "a\nb", "\ud83d"]),
    _long(("x", 25), ("é", 90), ("x", 200)),
)
PAYLOADS = st.one_of(
    st.text(max_size=10), st.sampled_from(["", "A", "B", "\udc00"]), _long(("x", 201), ("x", 257), ("x", 1001))
)
URLS = st.sampled_from(["https://a.example", "http://b.example/c?d=e"]) | _long(("https://a.example", 80))
FILES = st.sampled_from([f"a{end}" for end in MIME_TYPES] + ["b", "c.exe", "../d.png"])

BUTTONS = st.one_of(
    st.builds(ReplyButton, title=WORDS, payload=PAYLOADS),
    st.builds(UrlButton, title=WORDS, url=URLS),
    st.builds(PhoneButton, title=WORDS, phone=st.just("+34600111222")),
)
ROWS = st.builds(Row, title=WORDS, payload=PAYLOADS, description=st.none() | WORDS)
SECTIONS = st.builds(Section, title=st.none() | WORDS, rows=st.lists(ROWS, min_size=1, max_size=6).map(tuple))
CARDS = st.builds(
    Card,
    title=WORDS,
    subtitle=st.none() | WORDS,
    image_url=st.none() | URLS,
    buttons=st.lists(BUTTONS, max_size=4).map(tuple),
)
LINK_CARDS = st.builds(
    Card,
    title=st.sampled_from(["Rose", "x" * 170, "é" * 100]),
    subtitle=st.none() | st.sampled_from(["12 €", "y" * 100]),
    image_url=URLS,
    buttons=st.tuples(st.builds(UrlButton, title=st.just("Buy"), url=URLS)),
)
PLACES = st.one_of(
    st.fixed_dictionaries({"url": URLS}),
    st.fixed_dictionaries({"file": FILES}),
    st.fixed_dictionaries({"media_id": st.sampled_from(["123", " "])}),
)
MEDIA = st.builds(
    lambda kind, place, caption, name: Media(type=kind, caption=caption, file_name=name, **place),
    st.sampled_from(["image", "audio", "video", "file", "sticker"]),
    PLACES,
    st.none() | TEXTS,
    st.none() | st.sampled_from(["invoice.pdf", " "]),
)
FILL = st.builds(
    ApprovedButton,
    kind=st.sampled_from(["reply", "url"]),
    index=st.integers(0, 9),
    value=st.sampled_from(["a", " "]) | _long(("x", 300)),
)
APPROVED = st.builds(
    Approved,
    name=st.just("order_update"),
    language=st.sampled_from(["en", "es_MX"]),
    header=st.none() | st.sampled_from(["Order", " ", "a\nb"]) | MEDIA,
    body=st.lists(WORDS, max_size=3).map(tuple),
    buttons=st.lists(FILL, max_size=2, unique_by=lambda each: each.index).map(tuple),
)
FORMS = st.one_of(
    st.builds(Buttons, buttons=st.lists(BUTTONS, min_size=1, max_size=5).map(tuple)),
    st.builds(Choices, button=WORDS, sections=st.lists(SECTIONS, min_size=1, max_size=3).map(tuple)),
    st.builds(Cards, cards=st.lists(CARDS | LINK_CARDS, min_size=1, max_size=12).map(tuple)),
    st.builds(Cards, cards=st.lists(LINK_CARDS, min_size=1, max_size=12).map(tuple)),
    MEDIA,
    APPROVED,
    st.builds(Ask, what=st.sampled_from(["location", "phone", "email"])),
    st.builds(Reaction, message_id=st.sampled_from(["m_1", " "]), emoji=st.sampled_from(["", "❤️", " "])),
)
CHOICES = st.lists(st.builds(QuickReply, title=WORDS, payload=PAYLOADS), max_size=15).map(tuple)
CONTENT: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"quick_replies": CHOICES}), st.fixed_dictionaries({"form": FORMS})
)


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """Any reply."""
    return Reply(
        text=draw(TEXTS),
        reply_to=draw(st.none() | st.sampled_from(["m_0", " "])),
        tag=draw(st.none() | st.just("human_agent")),
        to_comment=draw(st.none() | st.none() | st.just("c_1")),
        **draw(CONTENT),
    )


def written(channel: str, reply: Reply) -> dict[str, Any]:
    """The body that a channel writes for a reply that fits it; a file counts as uploaded."""
    return CHANNELS[channel]._body(ADDRESSES[channel], _uploaded(reply), "key.0")


def _uploaded(reply: Reply) -> Reply:
    form = reply.form
    if isinstance(form, Approved) and isinstance(form.header, Media):
        return reply.model_copy(update={"form": form.model_copy(update={"header": _with_id(form.header)})})
    return reply.model_copy(update={"form": _with_id(form)}) if isinstance(form, Media) else reply


def _with_id(media: Media) -> Media:
    return media.model_copy(update={"file": None, "media_id": "1"}) if media.file else media


def known_for(reply: Reply) -> Known:
    """A platform that has approved the template of this reply."""
    form = reply.form
    if not isinstance(form, Approved):
        return Known()
    kind = {"file": "document"}.get(form.header.type, form.header.type) if isinstance(form.header, Media) else "text"
    template = ApprovedTemplate(
        form.name, form.language, len(form.body), kind if form.header is not None else None, len(form.buttons)
    )
    return Known([template])
