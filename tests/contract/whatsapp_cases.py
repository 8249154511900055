"""What must come of every body of WhatsApp. Source: WhatsApp Cloud API reference."""

from datetime import UTC, datetime
from typing import Any

from channel_cases import NOBODY, Case, Expected, Refused

from middleware.domain.events import EventKind as K
from middleware.domain.identifiers import Identifier, IdentifierKind

SENT_AT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
PHONE = Identifier(IdentifierKind.PHONE, "", "+33600000000")
NEW_PHONE = Identifier(IdentifierKind.PHONE, "", "+33611111111")


def _scoped(value: str) -> Identifier:
    return Identifier(IdentifierKind.WHATSAPP, "", value)


def _case(name: str, *expected: Expected | Refused) -> Case:
    return Case("whatsapp", name, expected)


def _event(name: str, kind: K, /, **fields: Any) -> Case:
    """An event about Lea, who is named by both of her ids."""
    return _case(name, Expected(kind, f"wamid.{name}", {"also": (PHONE,), "occurred_at": SENT_AT, **fields}))


def _message(name: str, /, **fields: Any) -> Case:
    return _event(name, K.MESSAGE, name="Lea", message={"id": f"wamid.{name}", "group": None, **fields})


def _file(name: str, kind: str, **fields: Any) -> Case:
    attachment = {
        "kind": name,
        "media_id": "media1",
        "mime_type": f"{name}/x",
        "url": "https://cdn.example/m",
    }
    return _message(name, kind=kind, attachments=(attachment,), **fields)


def _status(status: str) -> Case:
    receipt = {
        "status": status,
        "message_ids": ("wamid.out1",),
        "correlation_key": "corr-1",
        "error_code": None,
    }
    expected = Expected(K.STATUS, f"wamid.out1:status:{status}", {"receipt": receipt, "also": (PHONE,)})
    return _case(f"status_{status}", expected)


AD = {
    "source": "ad", "ad_id": "238", "headline": "Mugs", "body": "Red and blue", "url": "https://fb.me/1",
    "click_id": "ARAkLkA8",
}  # fmt: skip
PRODUCT = {"id": "SKU-1", "quantity": "2", "price": "12.5", "currency": "EUR"}

CASES: tuple[Case, ...] = (
    _message("text", kind="text", text="Is the red mug in stock? 🙂", forwarded=False),
    _case("text_username_only", Expected(K.MESSAGE, "wamid.text_username_only", {"also": (), "name": "Lea"})),
    _case(
        "text_phone_only",
        Expected(K.MESSAGE, "wamid.text_phone_only", {"also": (), "name": "Lea"}, anchor=PHONE.key),
    ),
    _case(
        "text_business_scoped_in_from",
        Expected(K.MESSAGE, "wamid.text_business_scoped_in_from", {"also": ()}),
    ),
    _message("text_milliseconds", kind="text"),
    _message("reply", kind="text", reply_to="wamid.out1"),
    _message("forwarded", kind="text", forwarded=True, reply_to=None),
    _message("forwarded_often", kind="text", forwarded=True),
    _message("about_product", kind="text", product_id="SKU-1", reply_to="wamid.out1"),
    _file("image", "image", text="this one"),
    _file("audio", "audio", text=""),
    _file("video", "video"),
    _file("document", "file", text="see"),
    _file("sticker", "sticker"),
    _message("location", kind="location", attachments=({"title": "Shop", "details": {"latitude": 48.8}},)),
    _message(
        "contacts",
        kind="contacts",
        attachments=({"kind": "contact", "title": "Lea M", "details": {"origin": "contact_request"}},),
    ),
    _event("reaction", K.REACTION, reaction={"message_id": "wamid.out1", "emoji": "❤️"}),
    _event("reaction_removed", K.REACTION, reaction={"message_id": "wamid.out1", "emoji": None}),
    _event("reaction_removed_empty", K.REACTION, reaction={"emoji": None}),
    _message("button", kind="button", text="Stop", payload="STOP"),
    _event("button_with_referral", K.MESSAGE, referral={"ad_id": "238", "click_id": "AR1"}),
    _message("interactive_button", kind="quick_reply", text="Yes", payload="YES"),
    _message("interactive_list", kind="list_reply", text="Red", payload="RED"),
    _message("interactive_form", kind="form_reply", text="Sent", payload='{"size":"L"}'),
    _event("interactive_call_permission", K.CALL, topic="call_permission_reply"),
    _message("interactive_missing", kind="unsupported"),
    _message(
        "order",
        kind="order",
        text="please",
        product_id="SKU-1",
        attachments=({"media_id": "5", "details": {"products": [PRODUCT]}},),
    ),
    _case(
        "system_number",
        Expected(
            K.IDENTITY_CHANGE,
            "wamid.system_number",
            {"change": {"previous": PHONE, "current": NEW_PHONE}, "topic": "user_changed_number"},
            anchor=PHONE.key,
        ),
    ),
    # The old id stands only in the text: no change that could be carried out.
    _case(
        "system_user_id",
        Expected(
            K.SYSTEM,
            "wamid.system_user_id",
            {"change": None, "topic": "user_changed_user_id"},
            anchor=_scoped("FR.9002c").key,
        ),
    ),
    _event("system_notice", K.SYSTEM, topic="customer_identity_changed", change=None),
    _event("edit", K.EDIT, edit={"message_id": "wamid.text", "text": "blue"}),
    _event("edit_caption", K.EDIT, edit={"message_id": "wamid.image", "text": "that one"}),
    _event("revoke", K.UNSEND, edit={"message_id": "wamid.text", "text": None}),
    _message("request_welcome", kind="welcome_request"),
    _message("unsupported", kind="unsupported"),
    _message("unknown_old", kind="unsupported"),
    _event("unknown_type", K.UNKNOWN, topic="hologram", message={"kind": "other"}),
    _event("referral", K.MESSAGE, referral=AD, message={"text": "price?"}),
    _event("referral_post", K.MESSAGE, referral={"source": "post", "ad_id": None, "click_id": None}),
    _event("group_text", K.MESSAGE, message={"text": "all: hi", "group": "Y2FwaV9ncm91cDox"}),
    _status("sent"),
    _status("delivered"),
    _status("read"),
    _status("played"),
    _status("deleted"),
    _case(
        "status_failed",
        Expected(
            K.STATUS,
            "wamid.out1:status:failed",
            {"receipt": {"status": "failed", "error_code": 131047, "correlation_key": "corr-1"}},
            anchor=PHONE.key,
        ),
    ),
    _case(
        "status_new_word",
        Expected(K.STATUS, "wamid.out1:status:teleported", {"receipt": {"status": "other"}, "topic": "teleported"}),
    ),
    _case("status_group", Expected(K.STATUS, "wamid.out1:status:delivered", anchor=NOBODY)),
    _case(
        "user_id_update",
        Expected(
            K.IDENTITY_CHANGE,
            "user_id_update:FR.9001a:FR.9002c",
            {"change": {"previous": _scoped("FR.9001a"), "current": _scoped("FR.9002c")}, "name": "Lea"},
        ),
        Expected(
            K.IDENTITY_CHANGE,
            "user_id_update:DE.1:DE.2",
            {"change": {"previous": _scoped("DE.1"), "current": _scoped("DE.2")}, "name": None},
            anchor=_scoped("DE.1").key,
        ),
    ),
    _case(
        "user_preferences_stop",
        Expected(K.OPTIN, "preference:*", {"optin": {"granted": False, "purpose": "marketing_messages"}}),
    ),
    _case("user_preferences_resume", Expected(K.OPTIN, "preference:*", {"optin": {"granted": True}})),
    _case("smb_message_echoes", Expected(K.ECHO, "wamid.e1:echo", {"message": {"text": "Ana here"}})),
    _case(
        "smb_message_echoes_revoke",
        Expected(K.UNKNOWN, "wamid.e2:echo", {"topic": "echo of revoke"}, anchor=PHONE.key),
    ),
    # Somebody's whole address book: the news is kept, the book is not.
    _case(
        "smb_app_state_sync",
        Expected(K.ACCOUNT, "change:*", {"raw": {"field": "smb_app_state_sync"}}, NOBODY),
    ),
    _case("call", Expected(K.CALL, "call:*", {"topic": "connect", "also": (PHONE,)})),
    _case("account_errors", Expected(K.ACCOUNT, "error:*", {"topic": "error 130429"}, NOBODY)),
    _case(
        "template_status",
        Expected(K.ACCOUNT, "change:*", {"topic": "message_template_status_update"}, NOBODY, account="WABA1"),
    ),
    _case("automatic_events", Expected(K.ACCOUNT, "change:*", {"topic": "automatic_events"}, NOBODY)),
    _case("group_update", Expected(K.ACCOUNT, "change:*", {"topic": "group_lifecycle_update"}, NOBODY)),
    _case("unknown_field", Expected(K.UNKNOWN, "change:*", {"topic": "brand_new_field"}, NOBODY)),
    _case("bad_phone", Refused("neither a phone number nor", "777")),
    _case(
        "batch",
        Expected(K.MESSAGE, "wamid.b1", {"name": "Udo"}, anchor="phone||+491700000002"),
        Refused("timestamp", "777"),
        Refused("messages holds what is no object", "777"),
        Expected(K.MESSAGE, "wamid.b3", {"name": "Lea"}, anchor=PHONE.key),
        Expected(K.STATUS, "wamid.out1:status:read", anchor=PHONE.key),
    ),
)
