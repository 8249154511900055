"""Samples of Messenger and Instagram, which share one envelope."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest

_STORY = "https://lookaside.example/story/17912345678901234"
_Part = Callable[[SampleRequest], dict[str, Any]]


def _message(request: SampleRequest, **parts: object) -> dict[str, Any]:
    return {"message": {"mid": request.message_id, **parts}}


def _ad_referral(request: SampleRequest) -> dict[str, Any]:
    return {
        "ref": request.ref,
        "ad_id": request.ad_id,
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ads_context_data": {
            "ad_title": request.ad_headline,
            "photo_url": "https://lookaside.example/ad.jpg",
            "post_id": "1122334455",
        },
    }


def _link_referral(request: SampleRequest, source: str) -> dict[str, Any]:
    return {"referral": {"ref": request.ref, "source": source, "type": "OPEN_THREAD"}}


def _text(request: SampleRequest) -> dict[str, Any]:
    return _message(request, text=request.text)


def _ad_message(request: SampleRequest) -> dict[str, Any]:
    return _message(request, text=request.text, referral=_ad_referral(request))


def _quick_reply(request: SampleRequest) -> dict[str, Any]:
    return _message(request, text=request.text, quick_reply={"payload": request.payload})


def _file(request: SampleRequest) -> dict[str, Any]:
    return _message(request, attachments=[{"type": request.file_kind, "payload": {"url": request.url}}])


def _postback(request: SampleRequest) -> dict[str, Any]:
    return {"postback": {"mid": request.message_id, "title": request.text, "payload": request.payload}}


def _page_referral(request: SampleRequest) -> dict[str, Any]:
    return _link_referral(request, "SHORTLINK")


def _instagram_referral(request: SampleRequest) -> dict[str, Any]:
    return _link_referral(request, "IGME-SOURCE-LINK")


def _reaction(request: SampleRequest) -> dict[str, Any]:
    given = {"mid": request.other_message_id, "action": "react", "reaction": "love", "emoji": "\u2764\ufe0f"}
    return {"reaction": given}


def _page_read(request: SampleRequest) -> dict[str, Any]:
    return {"read": {"watermark": request.milliseconds}}


def _instagram_read(request: SampleRequest) -> dict[str, Any]:
    return {"read": {"mid": request.other_message_id}}


def _delivery(request: SampleRequest) -> dict[str, Any]:
    return {"delivery": {"mids": [request.other_message_id], "watermark": request.milliseconds}}


def _echo(request: SampleRequest) -> dict[str, Any]:
    marks = {"app_id": request.app_id, "metadata": request.metadata}
    known = {name: value for name, value in marks.items() if value is not None}
    # What was sent as an attachment comes back as one, without words.
    said = {"text": request.text} if request.text else {"attachments": [{"type": "template", "payload": {}}]}
    return _message(request, is_echo=True, **said, **known)


def _story_reply(request: SampleRequest) -> dict[str, Any]:
    return _message(request, text=request.text, reply_to={"story": {"id": "17912345678901234", "url": _STORY}})


def _story_mention(request: SampleRequest) -> dict[str, Any]:
    return _message(request, attachments=[{"type": "story_mention", "payload": {"url": _STORY}}])


def _unsend(request: SampleRequest) -> dict[str, Any]:
    return {"message": {"mid": request.other_message_id, "is_deleted": True}}


def _edit(request: SampleRequest) -> dict[str, Any]:
    return {"message_edit": {"mid": request.other_message_id, "text": request.text, "num_edit": 1}}


def _optin(request: SampleRequest) -> dict[str, Any]:
    return {
        "optin": {
            "type": "notification_messages",
            "payload": request.payload,
            "title": "Weekly deals",
            "notification_messages_token": "7154321098765432109",
            "notification_messages_timezone": "Europe/Madrid",
            "token_expiry_timestamp": request.milliseconds + 270 * 86_400_000,
            "user_token_status": "NOT_REFRESHED",
        }
    }


def _envelope(platform: str, part: _Part, *, place: str = "messaging", by_business: bool = False) -> SampleBuilder:
    """A builder that puts one part into the envelope of the platform (`page` or `instagram`).

    `by_business` swaps the roles, as in echoes.
    """

    def build(request: SampleRequest) -> Sample:
        ends = ({"id": request.sender}, {"id": request.account_id})
        sender, recipient = reversed(ends) if by_business else ends
        event = {"sender": sender, "recipient": recipient, "timestamp": request.milliseconds, **part(request)}
        entry = {"id": request.account_id, "time": request.milliseconds, place: [event]}
        return Sample({"object": platform, "entry": [entry]})

    return build


_SHARED: dict[str, _Part] = {
    "message": _text,
    "ad_message": _ad_message,
    "image": _file,
    "quick_reply": _quick_reply,
    "postback": _postback,
    "reaction": _reaction,
    "edit": _edit,
    "optin": _optin,
}


def _channel(platform: str, own: dict[str, _Part]) -> Mapping[str, SampleBuilder]:
    parts = {**_SHARED, **own}
    return {
        **{kind: _envelope(platform, part) for kind, part in parts.items()},
        "echo": _envelope(platform, _echo, by_business=True),
        "standby": _envelope(platform, _text, place="standby"),
    }


MESSENGER = _channel("page", {"referral": _page_referral, "read": _page_read, "delivery": _delivery})
INSTAGRAM = _channel(
    "instagram",
    {
        "referral": _instagram_referral,
        "read": _instagram_read,
        "story_reply": _story_reply,
        "story_mention": _story_mention,
        "unsend": _unsend,
    },
)
