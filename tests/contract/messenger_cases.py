"""What must come of every body of Messenger. Source: Messenger Platform reference."""

from datetime import UTC, datetime
from typing import Any

from channel_cases import NOBODY, Case, Expected, Refused

from middleware.domain.events import EventKind as K

SENT_AT = datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)
WATERMARK = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def _case(name: str, *expected: Expected | Refused) -> Case:
    return Case("messenger", name, expected)


def _message(name: str, mid: str, **fields: Any) -> Case:
    about = {"message": {"id": mid, **fields}, "referral": None, "occurred_at": SENT_AT}
    return _case(name, Expected(K.MESSAGE, mid, about))


def _file(name: str, mid: str, kind: str, shown: str | None = None) -> Case:
    attachment = {"kind": shown or kind, "url": f"https://cdn.example/{shown or kind}"}
    return _message(name, mid, kind=kind, text="", attachments=(attachment,))


STICKER = {"kind": "sticker", "url": "https://cdn.example/like", "media_id": "369239263222822"}
LINK = {"kind": "fallback", "url": "https://shop.example/p/1", "title": "Red mug"}
SHORT_LINK = {"source": "SHORTLINK", "kind": "OPEN_THREAD", "ref": "spring_25", "ad_id": None}
AD = {"source": "ADS", "kind": "OPEN_THREAD", "ad_id": "23851", "headline": "Mugs"}

CASES: tuple[Case, ...] = (
    _message("text", "m_a1", kind="text", text="Is the red mug in stock? 🙂", payload=None, reply_to=None),
    _message("text_reply", "m_a2", kind="text", text="this one", reply_to="m_a0"),
    _message("text_with_link", "m_a3", kind="text", attachments=(LINK,)),
    _message("text_commands", "m_a4", kind="text", text="find mugs"),
    _message("message_hop_context", "m_h1", kind="text", text="hello"),
    _message("quick_reply", "m_q1", kind="quick_reply", text="Red", payload="COLOR:RED"),
    _file("attachment_image", "m_image", "image"),
    _file("attachment_audio", "m_audio", "audio"),
    _file("attachment_video", "m_video", "video"),
    _file("attachment_file", "m_file", "file"),
    _file("attachment_reel", "m_reel", "share", "reel"),
    _file("attachment_ig_reel", "m_ig_reel", "share", "ig_reel"),
    _file("attachment_post", "m_post", "share", "post"),
    _file("attachment_ig_post", "m_ig_post", "share", "ig_post"),
    _message("attachment_images", "m_two", kind="image", attachments=({"kind": "image"}, {"kind": "image"})),
    _message("attachment_sticker", "m_st", kind="sticker", attachments=(STICKER,)),
    # One sticker, shown twice while the platform changed over.
    _message("attachment_sticker_twice", "m_st2", kind="sticker", attachments=(STICKER,)),
    _message("attachment_fallback", "m_fb", kind="fallback", attachments=({"url": "https://x.example/1"},)),
    _message(
        "attachment_location",
        "m_loc",
        kind="location",
        attachments=({"title": "Here", "details": {"latitude": 52.5, "longitude": 13.4}},),
    ),
    _message("attachment_template", "m_tpl", kind="template", product_id=None),
    _message(
        "attachment_product",
        "m_prod",
        kind="product",
        product_id="9",
        attachments=({"details": {"products": [{"id": "9", "retailer_id": "SKU-1", "title": "Mug"}]}},),
    ),
    _message("attachment_appointment", "m_app", kind="other", attachments=({"kind": "appointment_booking"},)),
    _case(
        "postback",
        Expected(
            K.POSTBACK,
            "m_p1",
            {
                "message": {"kind": "button", "text": "Where is my order?", "payload": "ORDER_STATUS"},
                "referral": None,
                "occurred_at": SENT_AT,
            },
        ),
    ),
    _case("postback_referral", Expected(K.POSTBACK, "m_p2", {"referral": SHORT_LINK})),
    _case("postback_without_mid", Expected(K.POSTBACK, "postback:*", {"message": {"payload": "GET_STARTED"}})),
    _case(
        "referral",
        Expected(K.REFERRAL, "referral:*", {"referral": {**SHORT_LINK, "url": "https://shop.example/p/1"}}),
    ),
    _case(
        "referral_on_message",
        Expected(
            K.MESSAGE,
            "m_b1",
            {"message": {"product_id": "77"}, "referral": {**AD, "ref": "adref", "product_id": "77"}},
        ),
    ),
    _case("referral_beside_message", Expected(K.MESSAGE, "m_b3", {"message": {"text": "hi"}, "referral": AD})),
    _case(
        "referral_product",
        Expected(K.MESSAGE, "m_b2", {"message": {"product_id": "77"}, "referral": {"product_id": "77"}}),
    ),
    _case(
        "lead_in_thread",
        Expected(
            K.LEAD,
            "lead:*",
            # This one has its time in seconds.
            {"topic": "LEAD_COMPLETE", "referral": {"ad_id": "63"}, "occurred_at": WATERMARK},
        ),
    ),
    _case(
        "reaction",
        Expected(
            K.REACTION,
            "m_out1:reaction:7301:react:1790000000123",
            {"reaction": {"message_id": "m_out1", "emoji": "❤️"}},
        ),
    ),
    _case(
        "unreaction",
        Expected(
            K.REACTION,
            "m_out1:reaction:7301:unreact:1790000000123",
            {"reaction": {"message_id": "m_out1", "emoji": None}},
        ),
    ),
    _case(
        "read",
        Expected(
            K.READ,
            "read:7301:1790000000000",
            {"receipt": {"status": "read", "message_ids": (), "watermark": WATERMARK}},
        ),
    ),
    _case(
        "delivery",
        Expected(
            K.DELIVERY,
            "delivery:7301:*",
            {"receipt": {"status": "delivered", "message_ids": ("m_out1", "m_out2"), "watermark": WATERMARK}},
        ),
    ),
    _case(
        "delivery_without_mids",
        Expected(K.DELIVERY, "delivery:7301:*", {"receipt": {"message_ids": (), "watermark": WATERMARK}}),
    ),
    _case(
        "echo",
        Expected(
            K.ECHO,
            "m_e1:echo",
            {"message": {"text": "Hello", "app_id": "1517776481860111", "correlation_key": "corr-id-1"}},
        ),
    ),
    _case(
        "echo_page_inbox",
        Expected(K.ECHO, "m_e2:echo", {"message": {"app_id": "263902037430900", "correlation_key": None}}),
    ),
    _case("edit", Expected(K.EDIT, "m_a1:edit:1", {"edit": {"message_id": "m_a1", "text": "Blue"}})),
    _case("edit_number_as_text", Expected(K.EDIT, "m_a1:edit:2", {"edit": {"text": "Green"}})),
    _case("edit_without_text", Expected(K.UNKNOWN, "m_a1:edit:3", {"topic": "message_edit", "edit": None})),
    _case("unsend", Expected(K.UNSEND, "m_a1:unsend", {"edit": {"message_id": "m_a1", "text": None}})),
    _case(
        "standby_text",
        Expected(K.STANDBY, "standby:m_s1", {"topic": "message", "message": {"text": "to the other bot"}}),
    ),
    _case("standby_postback", Expected(K.STANDBY, "standby:postback:*", {"topic": "postback"})),
    _case(
        "optin_notification",
        Expected(K.OPTIN, "optin:*", {"optin": {"granted": True, "purpose": "notification_messages"}}),
    ),
    _case("optin_stopped", Expected(K.OPTIN, "optin:*", {"optin": {"granted": False}})),
    _case(
        "optin_plugin",
        Expected(K.OPTIN, "optin:*", {"optin": {"granted": True}, "referral": {"ref": "PLUGIN_DATA_REF"}}),
    ),
    _case("optout", Expected(K.OPTIN, "optout:*", {"optin": {"granted": False}})),
    # A checkbox plugin's visitor has no id yet: nobody can be answered, nothing may fail.
    _case("optin_user_ref", Expected(K.UNKNOWN, "optin:*", {"topic": "optin"}, anchor=NOBODY)),
    _case("message_user_ref", Expected(K.UNKNOWN, "m_u1", {"topic": "message"}, anchor=NOBODY)),
    _case("pass_thread_control", Expected(K.HANDOVER, "pass_thread_control:*", {"topic": "pass_thread_control"})),
    _case("take_thread_control", Expected(K.HANDOVER, "take_thread_control:*")),
    _case("request_thread_control", Expected(K.HANDOVER, "request_thread_control:*")),
    _case("app_roles", Expected(K.HANDOVER, "app_roles:*", anchor=NOBODY)),
    _case("account_linking", Expected(K.ACCOUNT_LINKING, "account_linking:*", {"topic": "linked"})),
    _case("messaging_feedback", Expected(K.FEEDBACK, "messaging_feedback:*")),
    _case("response_feedback", Expected(K.FEEDBACK, "response_feedback:*")),
    _case("policy_enforcement", Expected(K.POLICY, "policy_enforcement:*", {"topic": "block"}, anchor=NOBODY)),
    _case("chat_order", Expected(K.CHAT_ORDER, "order:*", {"topic": "order"})),
    _case("unknown_item", Expected(K.UNKNOWN, "unknown:*", {"topic": "hologram"})),
    _case("leadgen", Expected(K.LEAD, "leadgen:55501", {"occurred_at": WATERMARK}, anchor=NOBODY)),
    _case("leadgen_dashboard", Expected(K.LEAD, "leadgen:444444444444", anchor=NOBODY)),
    _case("feed", Expected(K.ACCOUNT, "change:*", {"topic": "feed"}, anchor=NOBODY)),
    _case("inbox_labels", Expected(K.ACCOUNT, "change:*", {"topic": "inbox_labels"}, anchor=NOBODY)),
    _case("unknown_field", Expected(K.UNKNOWN, "change:*", {"topic": "brand_new_field"}, anchor=NOBODY)),
    _case("changed_fields", Expected(K.UNKNOWN, "entry:*", {"topic": "entry"}, anchor=NOBODY)),
    _case(
        "dashboard_test",
        Expected(
            K.MESSAGE,
            "random_mid",
            {
                "message": {"text": "random_text"},
                "occurred_at": datetime(2018, 5, 27, 22, 23, 44, tzinfo=UTC),
            },
            anchor="messenger|23245|12334",
            account="23245",
        ),
    ),
    _case(
        "batch",
        Expected(K.MESSAGE, "m_1", {"message": {"text": "one"}}),
        Refused("message.mid is missing", "1001"),
        Refused("entry holds what is no object"),
        Expected(K.MESSAGE, "m_2", {"message": {"text": "two"}}, anchor="messenger|1002|8001", account="1002"),
        Refused("messaging holds what is no object", "1002"),
        Refused("messaging is no list", "1001"),
    ),
)
