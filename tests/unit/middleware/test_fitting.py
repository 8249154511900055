"""Fitting: what each form becomes where a channel has not got it, and what is said about it."""

from typing import Any

import pytest

from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit
from middleware.domain.forms import (
    Approved,
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

MESSENGER, INSTAGRAM, WHATSAPP = (CHANNELS[name] for name in ("messenger", "instagram", "whatsapp"))
URL = "https://shop.example/"
TRACK, VISIT, CALL = (
    ReplyButton(title="Track", payload="TRACK"),
    UrlButton(title="Shop", url=URL),
    PhoneButton(title="Call", phone="+34600111222"),
)


def buttons(*given: Any, text: str = "Next?") -> Reply:
    """A reply with buttons."""
    return Reply(text=text, form=Buttons(buttons=given))


def rows(count: int, **fields: Any) -> Reply:
    """A reply with a list of so many rows."""
    lines = tuple(Row(title=f"Row {n}", payload=f"R{n}", **fields) for n in range(count))
    return Reply(text="Which?", form=Choices(button="Choose", sections=(Section(rows=lines),)))


def replies(count: int) -> tuple[ReplyButton, ...]:
    """So many reply buttons."""
    return tuple(ReplyButton(title=f"Size {n}", payload=f"S{n}") for n in range(count))


def one(reply: Reply, channel: Any, **how: Any) -> Reply:
    """The one message that comes of it."""
    (fitted,) = fit(reply, channel, **how).replies
    return fitted


def test_what_fits_stays() -> None:
    """Nothing is changed and nothing is said."""
    for reply, channel in (
        (Reply(text="Hi"), INSTAGRAM),
        (buttons(TRACK, VISIT, CALL), MESSENGER),
        (buttons(TRACK, VISIT), INSTAGRAM),
        (buttons(*replies(3)), WHATSAPP),
        (buttons(VISIT), WHATSAPP),
        (rows(10, description="d" * 72), WHATSAPP),
    ):
        assert (fit(reply, channel).replies, fit(reply, channel).notes) == ((reply,), ())


def test_a_button_that_cannot_be_shown_is_written_out() -> None:
    """Instagram dials no number, WhatsApp mixes no kinds: title and value stand as a line, the others stay buttons."""
    fitted = fit(buttons(TRACK, CALL), INSTAGRAM)
    assert fitted.replies == (buttons(TRACK, text="Next?\n\nCall: +34600111222"),)
    assert fitted.notes == ("buttons that cannot be shown are written out",)
    assert one(buttons(TRACK, VISIT), WHATSAPP) == buttons(TRACK, text=f"Next?\n\nShop: {URL}")


def test_two_links_on_whatsapp_are_lines() -> None:
    """Only one button may open a page, and it is not for us to say which."""
    other = UrlButton(title="Blog", url="https://blog.example")
    assert one(buttons(VISIT, other), WHATSAPP).text == f"Next?\n\nShop: {URL}\nBlog: https://blog.example"


def test_many_buttons_become_quick_replies_or_lines() -> None:
    """Four are too many for buttons: quick replies where there are any, else numbered lines."""
    tapped = one(buttons(*replies(4), VISIT), MESSENGER)
    assert tapped.text == f"Next?\n\nShop: {URL}"
    assert [choice.payload for choice in tapped.quick_replies] == ["S0", "S1", "S2", "S3"]
    assert one(buttons(*replies(4)), WHATSAPP).text == "Next?\n\n1. Size 0\n2. Size 1\n3. Size 2\n4. Size 3"
    assert fit(buttons(*replies(4)), WHATSAPP).notes == ("buttons became lines",)


def test_a_text_that_is_too_long_for_buttons_keeps_its_choices() -> None:
    """Buttons stand under 640 characters at most: under more they are quick replies, and nothing is cut."""
    fitted = one(buttons(*replies(2), text="x" * 641), MESSENGER)
    assert (fitted.text, len(fitted.quick_replies), fitted.form) == ("x" * 641, 2, None)


def test_a_list_becomes_quick_replies_with_its_descriptions_above() -> None:
    """What is only to be read goes into the text, what is to be tapped below it."""
    fitted = fit(rows(2, description="fine"), INSTAGRAM)
    assert fitted.replies[0].text == "Which?\n\nRow 0: fine\nRow 1: fine"
    assert [choice.title for choice in fitted.replies[0].quick_replies] == ["Row 0", "Row 1"]
    assert fitted.notes == ("the list became quick replies",)


def test_a_list_that_is_too_long_becomes_lines() -> None:
    """Eleven rows on WhatsApp, fourteen on Messenger."""
    assert one(rows(11), WHATSAPP).text.endswith("11. Row 10")
    assert one(rows(14), MESSENGER).text.endswith("14. Row 13")


def test_a_row_that_would_be_refused_is_left_out() -> None:
    """A payload over 200 characters, or one that comes twice: the others stay a list."""
    lines = (Row(title="A", payload="A"), Row(title="B", payload="x" * 201), Row(title="C", payload="A"))
    fitted = fit(Reply(text="?", form=Choices(button="Choose", sections=(Section(rows=lines),))), WHATSAPP)
    assert fitted.replies[0].form == Choices(button="Choose", sections=(Section(rows=lines[:1]),))
    assert fitted.notes == ("rows without a title, or whose payload does not fit or comes twice, are left out",)


def test_cards_have_their_introduction_in_front() -> None:
    """A generic template has no room for a text of its own: two messages, in that order, the quote on the first."""
    cards = Cards(cards=(Card(title="Rose", subtitle="24 EUR"),))
    fitted = fit(Reply(text="New:", form=cards, reply_to="m_1"), MESSENGER)
    assert fitted.replies == (Reply(text="New:", reply_to="m_1"), Reply(text="", form=cards))
    assert fitted.notes == ("the introduction is a message of its own",)


def test_cards_with_one_choice_each_become_a_list() -> None:
    """On WhatsApp, where cards open pages only."""
    cards = tuple(Card(title=n, subtitle="fine", buttons=(ReplyButton(title="Buy", payload=n),)) for n in "AB")
    lines = tuple(Row(title=n, payload=n, description="fine") for n in "AB")
    expected = Choices(button="Buy", sections=(Section(rows=lines),))
    assert one(Reply(text="New:", form=Cards(cards=cards)), WHATSAPP).form == expected


def test_other_cards_become_lines_with_their_links() -> None:
    """One message says it all: titles, subtitles, addresses."""
    cards = (Card(title="Rose", subtitle="24 EUR", buttons=(VISIT,)), Card(title="Lily", image_url=URL))
    fitted = fit(Reply(text="New:", form=Cards(cards=cards)), WHATSAPP)
    assert fitted.replies == (Reply(text=f"New:\n\nRose: 24 EUR: {URL}\nLily"),)
    assert fitted.notes == ("cards became text, their pictures are left out",)


def test_a_caption_is_a_message_where_none_can_stand() -> None:
    """Messenger shows no words under a picture; WhatsApp does."""
    media = Media(type="image", url=URL)
    apart = fit(Reply(text="Look", form=media), MESSENGER)
    assert apart.replies == (Reply(text="", form=media), Reply(text="Look"))
    assert apart.notes == ("the caption is a message of its own",)
    assert one(Reply(text="Look", form=media), WHATSAPP).form == media.model_copy(update={"caption": "Look"})


@pytest.mark.parametrize(
    ("media", "channel", "kind"),
    [
        (Media(type="sticker", url=URL), MESSENGER, "image"),
        (Media(type="sticker", file="a.png"), WHATSAPP, "image"),
        (Media(type="sticker", file="a.webp"), WHATSAPP, "sticker"),
        (Media(type="image", file="a.webp"), MESSENGER, "file"),
        (Media(type="audio", file="a.mp3"), MESSENGER, "audio"),
        (Media(type="audio", file="a.mp3"), INSTAGRAM, None),
        (Media(type="file", file="a.docx"), INSTAGRAM, None),
        (Media(type="file", file="a.exe"), WHATSAPP, None),
    ],
)
def test_media_become_what_the_channel_takes(media: Media, channel: Any, kind: str | None) -> None:
    """By what a file's name says; what no form takes is left out, and its caption is said."""
    fitted = fit(Reply(text="", form=media.model_copy(update={"caption": "Look"})), channel)
    shown = [reply.form.type for reply in fitted.replies if isinstance(reply.form, Media)]
    assert shown == ([kind] if kind else [])
    assert "Look" in [reply.shown() for reply in fitted.replies]


def test_what_cannot_be_asked_for_is_asked_in_words() -> None:
    """Messenger asks for no place, Instagram for nothing."""
    asked = Reply(text="Where?", form=Ask(what="location"))
    assert one(asked, MESSENGER) == Reply(text="Where?")
    assert one(asked, WHATSAPP) == asked


def test_a_template_that_is_nowhere_approved_is_said() -> None:
    """Instagram has none: what it reads as is what is sent."""
    reply = Reply(text="Your order left", form=Approved(name="n", language="en", body=(" a\nb ",)))
    assert one(reply, INSTAGRAM) == Reply(text="Your order left")
    assert one(reply, WHATSAPP).form == Approved(name="n", language="en", body=("a b",))
    hollow = reply.model_copy(update={"form": Approved(name="n", language="en", body=(" ",))})
    assert one(hollow, WHATSAPP) == Reply(text="Your order left")


def test_a_private_reply_is_one_text() -> None:
    """Whatever the reply was: lines under a text, and no second message."""
    fitted = fit(buttons(TRACK, VISIT).model_copy(update={"to_comment": "c_1"}), MESSENGER)
    assert fitted.replies == (Reply(text=f"Next?\n\n1. Track\nShop: {URL}", to_comment="c_1"),)


def test_what_a_channel_does_not_know_is_left_out() -> None:
    """No quotes on Instagram; neither comments nor tags on WhatsApp."""
    fitted = fit(Reply(text="Hi", reply_to="m_1", tag="human_agent", to_comment="c_1"), WHATSAPP)
    assert fitted.replies == (Reply(text="Hi", reply_to="m_1"),)
    assert fitted.notes == ("it is no private reply to a comment", "the tag is left out")
    assert one(Reply(text="Hi", reply_to="m_1"), INSTAGRAM).reply_to is None


def test_lines_past_the_limit_go_into_more_messages() -> None:
    """Each line whole: an address that is cut in two leads nowhere."""
    links = tuple(UrlButton(title=f"Link {n}", url=f"https://shop.example/{'x' * 300}/{n}") for n in range(5))
    fitted = fit(buttons(*links), INSTAGRAM)
    assert [reply.text.count("https://") for reply in fitted.replies] == [0, 3, 2]
    assert all(len(reply.text.encode()) <= 1000 for reply in fitted.replies)
    assert all(link.url in "\n".join(reply.text for reply in fitted.replies) for link in links)


def test_nothing_to_say_is_nothing() -> None:
    """No empty message goes out, and the trace says why."""
    for reply in (
        Reply(text=" "),
        Reply(text="", form=Ask(what="phone")),
        buttons(ReplyButton(title=" ", payload="x")),
    ):
        empty = reply.model_copy(update={"text": ""})
        assert fit(empty, INSTAGRAM).replies == ()
        assert fit(empty, INSTAGRAM).notes[-1] == "nothing is left to say"


def test_notes_hold_nothing_of_the_reply() -> None:
    """The trace is kept and shown: what customers are told is not repeated in it."""
    secret = "Ana-1001"
    given = (
        buttons(ReplyButton(title=secret * 4, payload=secret), UrlButton(title=secret, url=f"{URL}{secret}")),
        Reply(text=secret * 2000, quick_replies=(QuickReply(title=secret * 4, payload=secret * 500),)),
        Reply(text=secret, form=Media(type="sticker", url=f"{URL}{secret}", file_name=secret)),
        Reply(text=secret, form=Reaction(message_id=secret)),
    )
    for reply in given:
        for channel in CHANNELS.values():
            assert secret not in "".join(fit(reply, channel).notes)


def test_stored_replies_still_load() -> None:
    """A turn that was written down before there were forms is carried out as it was decided."""
    stored = {
        "text": "Hi", "quick_replies": [{"title": "Yes", "payload": "Y"}],
        "template": "greeting", "locale": "en", "fallback": False,
    }  # fmt: skip
    reply = Reply.model_validate(stored)
    assert (reply.form, reply.reply_to, reply.tag, reply.to_comment) == (None, None, None, None)
    assert Reply.model_validate_json(buttons(TRACK, VISIT).model_dump_json()) == buttons(TRACK, VISIT)


def test_a_reply_has_one_content() -> None:
    """Quick replies and a form do not go together, and media come from one place."""
    with pytest.raises(ValueError, match="one content"):
        Reply(text="x", quick_replies=(QuickReply(title="a", payload="b"),), form=Ask(what="phone"))
    for places in ({}, {"url": URL, "file": "a.png"}):
        with pytest.raises(ValueError, match="one place"):
            Media(type="image", **places)
