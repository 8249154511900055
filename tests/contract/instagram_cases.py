"""What must come of every body of Instagram. Source: Instagram messaging reference."""

from datetime import UTC, datetime
from typing import Any

from channel_cases import NOBODY, Case, Expected, Refused

from middleware.domain.events import EventKind as K

SENT_AT = datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


def _case(name: str, *expected: Expected | Refused) -> Case:
    return Case("instagram", name, expected)


def _message(name: str, mid: str, **fields: Any) -> Case:
    about = {"message": {"id": mid, **fields}, "referral": None, "occurred_at": SENT_AT}
    return _case(name, Expected(K.MESSAGE, mid, about))


def _file(name: str, kind: str, shown: str) -> Case:
    attachment = {"kind": shown, "url": f"https://cdn.example/{shown}"}
    return _message(name, f"aWc_{shown}", kind=kind, attachments=(attachment,))


LINK = {"source": "IGME-SOURCE-LINK", "kind": "OPEN_THREAD", "ref": "bio"}
STORY = "https://cdn.example/story"

CASES: tuple[Case, ...] = (
    _message("text", "aWc1", kind="text", text="hi"),
    _message("text_reply", "aWc2", kind="text", text="that one", reply_to="aWc1"),
    _message("quick_reply", "aWc_q", kind="quick_reply", text="Yes", payload="YES"),
    _file("attachment_image", "image", "image"),
    _file("attachment_audio", "audio", "audio"),
    _file("attachment_video", "video", "video"),
    _file("attachment_file", "file", "file"),
    _file("attachment_share", "share", "share"),
    _file("attachment_reel", "share", "reel"),
    _file("attachment_ig_reel", "share", "ig_reel"),
    _message("attachment_ephemeral", "aWc_eph", kind="other", attachments=({"kind": "ephemeral", "url": None},)),
    _message("story_mention", "aWc_sm", kind="story_mention", story_url=STORY),
    _message("story_reply", "aWc_sr", kind="story_reply", text="love it", story_url=STORY, reply_to=None),
    _message("unsupported", "aWc_u", kind="unsupported", text=""),
    _case("unsend", Expected(K.UNSEND, "aWc1:unsend", {"edit": {"message_id": "aWc1", "text": None}})),
    _case("echo", Expected(K.ECHO, "aWc_e:echo", {"message": {"text": "Hello", "app_id": None}})),
    _case(
        "referral_on_message",
        Expected(
            K.MESSAGE,
            "aWc_r",
            {"referral": {"source": "ADS", "ad_id": "238", "ref": "r", "headline": "Mugs"}},
        ),
    ),
    _case(
        "referral_product",
        Expected(K.MESSAGE, "aWc_rp", {"message": {"product_id": "77"}, "referral": {"product_id": "77"}}),
    ),
    _case("referral", Expected(K.REFERRAL, "referral:*", {"referral": LINK, "occurred_at": SENT_AT})),
    _case(
        "postback",
        Expected(
            K.POSTBACK,
            "aWc_p",
            {"message": {"kind": "button", "text": "Ice breaker?", "payload": "FAQ_1"}, "referral": None},
        ),
    ),
    _case("postback_referral", Expected(K.POSTBACK, "aWc_p2", {"referral": LINK})),
    _case(
        "read",
        Expected(
            K.READ,
            "aWc_out:read:9201",
            {"receipt": {"status": "read", "message_ids": ("aWc_out",), "watermark": None}},
        ),
    ),
    _case(
        "reaction",
        Expected(
            K.REACTION,
            "aWc_out:reaction:9201:react:1790000000123",
            {"reaction": {"message_id": "aWc_out", "emoji": "❤️"}},
        ),
    ),
    _case(
        "unreaction",
        Expected(K.REACTION, "aWc_out:reaction:9201:unreact:1790000000123", {"reaction": {"emoji": None}}),
    ),
    _case("edit", Expected(K.EDIT, "aWc1:edit:1", {"edit": {"message_id": "aWc1", "text": "hello"}})),
    _case("edit_without_anybody", Expected(K.UNKNOWN, "aWc1:edit:0", {"topic": "message_edit"}, anchor=NOBODY)),
    _case("optin", Expected(K.OPTIN, "optin:*", {"optin": {"granted": True}})),
    _case("handover", Expected(K.HANDOVER, "pass_thread_control:*", {"topic": "pass_thread_control"})),
    _case(
        "standby_text",
        Expected(K.STANDBY, "standby:aWc_s", {"topic": "message", "message": {"text": "to a person"}}),
    ),
    _case("unknown_item", Expected(K.UNKNOWN, "unknown:*", {"topic": "hologram"})),
    _case("comments", Expected(K.ACCOUNT, "change:*", {"topic": "comments"}, anchor=NOBODY)),
    _case("unknown_field", Expected(K.UNKNOWN, "change:*", {"topic": "brand_new_field"}, anchor=NOBODY)),
    _case(
        "dashboard_test",
        Expected(K.MESSAGE, "random_mid", anchor="instagram|23245|12334", account="23245"),
    ),
    _case(
        "batch",
        Expected(K.MESSAGE, "aWc_b1", {"message": {"text": "one"}}),
        Refused("messaging holds what is no object", "178414"),
        Refused("sender is no object", "178414"),
    ),
)
