"""What a WhatsApp message says, by its type. Source: WhatsApp Cloud API reference (message types)."""

from collections.abc import Callable
from typing import Any

from connectors import meta
from middleware.domain.events import Attachment, Message, MessageKind, Referral

Content = dict[str, Any]
"""Fields of a `Message`."""


def _text(body: Content) -> Content:
    return {"kind": "text", "text": meta.text(meta.record(body.get("text"), "text").get("body"), "text.body")}


def _media(kind: MessageKind) -> Callable[[Content], Content]:
    """A reader for one type of file. The type is also the name of the part that describes it."""

    def read(body: Content) -> Content:
        name = body["type"]
        described = meta.record(body.get(name), name)
        attachment = Attachment(
            kind=name,
            url=meta.whole(described.get("url")),
            media_id=meta.word(described.get("id")),
            mime_type=meta.title(described.get("mime_type")),
            title=meta.title(described.get("filename")),
            details={"voice": True} if described.get("voice") is True else {},
        )
        return {
            "kind": kind,
            "text": meta.text(described.get("caption"), "caption"),
            "attachments": (attachment,),
        }

    return read


def _location(body: Content) -> Content:
    place = meta.record(body.get("location"), "location")
    numbers = {name: place[name] for name in ("latitude", "longitude") if isinstance(place.get(name), int | float)}
    address = meta.present(address=meta.title(place.get("address")))
    attachment = Attachment(
        kind="location",
        url=meta.whole(place.get("url")),
        title=meta.title(place.get("name")),
        details={**numbers, **address},
    )
    return {"kind": "location", "attachments": (attachment,)}


def _contacts(body: Content) -> Content:
    """Shared contact cards: perhaps the sender's own (`origin: contact_request`), perhaps somebody else's."""
    attachments = tuple(
        Attachment(
            kind="contact",
            title=meta.title(meta.part(card.get("name")).get("formatted_name")),
            details=meta.present(origin=meta.word(card.get("origin"))),
        )
        for card in meta.parts(body.get("contacts"))
    )
    return {"kind": "contacts", "attachments": attachments}


def _button(body: Content) -> Content:
    """The quick reply of a template."""
    pressed = meta.record(body.get("button"), "button")
    return {
        "kind": "button",
        "text": meta.text(pressed.get("text"), "button.text"),
        "payload": meta.whole(pressed.get("payload")),
    }


KIND_OF_INTERACTIVE: dict[str, MessageKind] = {
    # Our quick replies go out as reply buttons, so this is a quick reply that comes back.
    "button_reply": "quick_reply",
    "list_reply": "list_reply",
    "nfm_reply": "form_reply",
    "call_permission_reply": "other",
}


def _interactive(body: Content) -> Content:
    interactive = meta.part(body.get("interactive"))
    name = meta.word(interactive.get("type")) or ""
    if not interactive:
        # It has been seen to be missing although the type says so.
        return {"kind": "unsupported"}
    chosen = meta.part(interactive.get(name))
    shown = chosen.get("body") if name == "nfm_reply" else chosen.get("title")
    return {
        "kind": KIND_OF_INTERACTIVE.get(name, "other"),
        "text": meta.text(shown, f"interactive.{name}"),
        "payload": _form(chosen) if name == "nfm_reply" else meta.whole(chosen.get("id")),
    }


def _form(chosen: Content) -> str | None:
    """A form's answers, which come as JSON inside a string."""
    answers = chosen.get("response_json")
    return answers if isinstance(answers, str) and len(answers) <= meta.MAX_TEXT else None


def _order(body: Content) -> Content:
    order = meta.record(body.get("order"), "order")
    products = [
        meta.present(
            id=meta.word(item.get("product_retailer_id")),
            quantity=meta.word(item.get("quantity")),
            price=meta.word(item.get("item_price")) or _price(item.get("item_price")),
            currency=meta.word(item.get("currency")),
        )
        for item in meta.parts(order.get("product_items"))
    ]
    attachment = Attachment(kind="order", media_id=meta.word(order.get("catalog_id")), details={"products": products})
    return {
        "kind": "order",
        "text": meta.text(order.get("text"), "order.text"),
        "attachments": (attachment,),
        "product_id": products[0].get("id") if products else None,
    }


def _price(value: object) -> str | None:
    """A price that comes as a JSON number, as text: money never is a float here."""
    return repr(value) if isinstance(value, float) else None


def _only(kind: MessageKind) -> Callable[[Content], Content]:
    """A reader for a type that says nothing more."""

    def read(_: Content) -> Content:
        return {"kind": kind}

    return read


READERS: dict[str, Callable[[Content], Content]] = {
    "text": _text,
    "image": _media("image"),
    "audio": _media("audio"),
    "voice": _media("audio"),
    "video": _media("video"),
    "document": _media("file"),
    "sticker": _media("sticker"),
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "request_welcome": _only("welcome_request"),
    "unsupported": _only("unsupported"),
    "unknown": _only("unsupported"),
}
"""From the type of a message to what reads it."""


def read_message(body: Content) -> Message:
    """The message in an item of `messages`. A type that is not known yet makes it `other`."""
    context = meta.part(body.get("context"))
    referred = meta.part(context.get("referred_product"))
    content = READERS.get(str(body.get("type")), _only("other"))(body)
    about = meta.present(product_id=meta.word(referred.get("product_retailer_id")))
    return Message(
        id=meta.identifier(body.get("id"), "message id"),
        reply_to=meta.word(context.get("id")),
        forwarded=context.get("forwarded") is True or context.get("frequently_forwarded") is True,
        group=meta.word(body.get("group_id")),
        **{**content, **about},
    )


def read_text(value: object) -> str:
    """The words of an edited message: its text or its caption."""
    body = meta.part(value)
    described = meta.part(body.get(str(body.get("type"))))
    return meta.text(described.get("body") or described.get("caption"), "edited text")


def read_referral(value: object) -> Referral | None:
    """The click on an ad or a post that opens WhatsApp. Every field is optional."""
    if not isinstance(value, dict):
        return None
    source = meta.word(value.get("source_type"))
    return Referral(
        source=source,
        kind=meta.word(value.get("media_type")),
        # `source_id` is an ad's only where the source is one.
        ad_id=meta.word(value.get("source_id")) if source == "ad" else None,
        headline=meta.title(value.get("headline")),
        body=meta.title(value.get("body")),
        url=meta.whole(value.get("source_url")),
        click_id=meta.whole(value.get("ctwa_clid")),
    )
