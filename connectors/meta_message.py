"""The message object of Messenger and Instagram: text, attachments, referral.

Source: Meta's webhook and Send API references (Messenger Platform and Instagram webhook references).
"""

from typing import Any

from connectors import meta
from middleware.domain.events import Attachment, Message, MessageKind, Referral

KIND_OF_ATTACHMENT: dict[str, MessageKind] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "file": "file",
    "sticker": "sticker",
    "location": "location",
    "share": "share",
    "reel": "share",
    "ig_reel": "share",
    "post": "share",
    "ig_post": "share",
    "story_mention": "story_mention",
    "fallback": "fallback",
    "template": "template",
    "product": "product",
}
"""What a message is whose first attachment is of this type. Types that are not here make it `other`."""


def read_message(body: dict[str, Any], event_referral: Referral | None = None) -> Message:
    """The message in a `message` object. Raises `Unclear` without `mid` or with a text that is none."""
    quick_reply = meta.part(body.get("quick_reply"))
    answered = meta.part(body.get("reply_to"))
    attachments = _attachments(body.get("attachments"))
    referral = read_referral(body.get("referral")) or event_referral
    return Message(
        id=meta.identifier(body.get("mid"), "message.mid"),
        kind=_kind(body, attachments),
        text=meta.text(body.get("text"), "message.text"),
        payload=meta.whole(quick_reply.get("payload")),
        attachments=attachments,
        reply_to=meta.word(answered.get("mid")),
        story_url=_story_url(answered, attachments),
        product_id=_product_id(attachments) or (referral.product_id if referral else None),
        app_id=meta.word(body.get("app_id")),
        correlation_key=meta.word(body.get("metadata")),
    )


def _kind(body: dict[str, Any], attachments: tuple[Attachment, ...]) -> MessageKind:
    if body.get("is_unsupported"):
        return "unsupported"
    if isinstance(body.get("quick_reply"), dict):
        return "quick_reply"
    if isinstance(meta.part(body.get("reply_to")).get("story"), dict):
        return "story_reply"
    return _kind_of_content(attachments, has_text=bool(body.get("text")))


def _kind_of_content(attachments: tuple[Attachment, ...], *, has_text: bool) -> MessageKind:
    kinds = [attachment.kind for attachment in attachments]
    # A link in a text comes with a `fallback` attachment: it is still a text.
    telling = [kind for kind in kinds if not (kind == "fallback" and has_text)]
    if telling:
        return KIND_OF_ATTACHMENT.get(telling[0], "other")
    return "text" if has_text else "other"


def _attachments(value: object) -> tuple[Attachment, ...]:
    """Attachments without repeats: in 2026 a sticker came as `sticker` and as `image` in one payload."""
    found: dict[tuple[str, str | None, str | None], Attachment] = {}
    for item in meta.parts(value):
        attachment = _attachment(item)
        same = attachment.media_id if attachment.kind == "sticker" else attachment.url
        found.setdefault((attachment.kind, same, None if same else str(len(found))), attachment)
    return tuple(found.values())


def _attachment(item: dict[str, Any]) -> Attachment:
    payload = meta.part(item.get("payload"))
    sticker = meta.word(payload.get("sticker_id"))
    product = _elements(payload)
    kind = "sticker" if sticker else meta.word(item.get("type")) or "other"
    return Attachment(
        kind="product" if product else kind,
        url=meta.whole(payload.get("url")) or meta.whole(item.get("url")),
        media_id=sticker or meta.word(payload.get("attachment_id")),
        title=meta.title(payload.get("title")) or meta.title(item.get("title")),
        details={**_coordinates(payload), **({"products": product} if product else {})},
    )


def _coordinates(payload: dict[str, Any]) -> dict[str, Any]:
    place = meta.part(payload.get("coordinates"))
    found = {"latitude": place.get("lat"), "longitude": place.get("long")}
    return {name: value for name, value in found.items() if isinstance(value, int | float)}


def _elements(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The products in a shared product template."""
    return [
        meta.present(
            id=meta.word(element.get("id")),
            retailer_id=meta.word(element.get("retailer_id")),
            title=meta.title(element.get("title")),
        )
        for element in meta.parts(meta.part(payload.get("product")).get("elements"))
    ]


def _product_id(attachments: tuple[Attachment, ...]) -> str | None:
    products = [product for attachment in attachments for product in attachment.details.get("products", ())]
    return products[0].get("id") if products else None


def _story_url(answered: dict[str, Any], attachments: tuple[Attachment, ...]) -> str | None:
    mentions = [attachment.url for attachment in attachments if attachment.kind == "story_mention"]
    return meta.whole(meta.part(answered.get("story")).get("url")) or (mentions[0] if mentions else None)


def read_referral(value: object) -> Referral | None:
    """The referral at any of its three places: beside the message, on it, or inside a postback."""
    if not isinstance(value, dict):
        return None
    ad = meta.part(value.get("ads_context_data"))
    product = meta.part(value.get("product"))
    return Referral(
        source=meta.word(value.get("source")),
        kind=meta.word(value.get("type")),
        # m.me references may be 2,083 characters long.
        ref=meta.whole(value.get("ref")),
        ad_id=meta.word(value.get("ad_id")),
        headline=meta.title(ad.get("ad_title")),
        url=meta.whole(value.get("referer_uri")),
        product_id=meta.word(product.get("id")) or meta.word(ad.get("product_id")),
    )
