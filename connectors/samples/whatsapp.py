"""Samples of the WhatsApp Cloud API, with business-scoped user ids as of 2026."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest

_SCOPED_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_FORMER_SCOPED_ID = "US.13491208655302741918"
_Value = Callable[[SampleRequest], dict[str, Any]]
_Content = Callable[[SampleRequest], dict[str, Any]]


def _ids(request: SampleRequest) -> tuple[str | None, str | None]:
    """The customer's phone in digits and business-scoped user id; one of them may be unknown."""
    if _SCOPED_ID.fullmatch(request.sender):
        return (request.phone.lstrip("+") if request.phone else None), request.sender
    return request.sender.lstrip("+"), None


def _known(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _seconds(request: SampleRequest) -> str:
    return str(int(request.at.timestamp()))


def _contact(request: SampleRequest) -> dict[str, Any]:
    phone, customer = _ids(request)
    return {"profile": {"name": request.name}, **_known(wa_id=phone, user_id=customer)}


def _message(content: _Content) -> _Value:
    """A builder of the value around one message from the customer."""

    def build(request: SampleRequest) -> dict[str, Any]:
        phone, customer = _ids(request)
        origin = _known(**{"from": phone, "from_user_id": customer})
        message = {**origin, "id": request.message_id, "timestamp": _seconds(request), **content(request)}
        return {"contacts": [_contact(request)], "messages": [message]}

    return build


def _text(request: SampleRequest) -> dict[str, Any]:
    return {"type": "text", "text": {"body": request.text}}


def _ad_text(request: SampleRequest) -> dict[str, Any]:
    referral = {
        "source_url": "https://fb.me/3cr4Wqqkv",
        "source_id": request.ad_id,
        "source_type": "ad",
        "headline": request.ad_headline,
        "body": "Fired twice, dishwasher proof.",
        "media_type": "image",
        "image_url": "https://lookaside.example/ad.jpg",
        "ctwa_clid": request.click_id,
    }
    return {**_text(request), "referral": referral}


def _image(request: SampleRequest) -> dict[str, Any]:
    image = {
        "id": request.media_id,
        "mime_type": request.media_type,
        "sha256": "29ed500fa64eb55fc19dc4124acb300e5dcca0f822a301ae99944db0ab3e5d3f",
        "caption": request.text,
    }
    return {"type": "image", "image": image}


def _document(request: SampleRequest) -> dict[str, Any]:
    document = {"id": request.media_id, "mime_type": request.media_type, "filename": request.file_name}
    return {"type": "document", "document": document}


def _revoke(request: SampleRequest) -> dict[str, Any]:
    """The customer takes an earlier message back."""
    return {"type": "revoke", "revoke": {"original_message_id": request.other_message_id}}


def _answered(request: SampleRequest) -> dict[str, Any]:
    return {"context": {"from": request.display_phone, "id": request.other_message_id}}


def _button(request: SampleRequest) -> dict[str, Any]:
    button = {"text": request.text, "payload": request.payload}
    return {**_answered(request), "type": "button", "button": button}


def _list_reply(request: SampleRequest) -> dict[str, Any]:
    chosen = {"id": request.payload, "title": request.text, "description": "Where is it?"}
    return {
        **_answered(request),
        "type": "interactive",
        "interactive": {"type": "list_reply", "list_reply": chosen},
    }


def _catalogue_order(request: SampleRequest) -> dict[str, Any]:
    products = [
        {
            "product_retailer_id": item.sku,
            "quantity": item.quantity,
            "item_price": float(item.price),
            "currency": request.currency,
        }
        for item in request.items
    ]
    return {
        "type": "order",
        "order": {"catalog_id": "194836987003835", "text": request.text, "product_items": products},
    }


def _status(request: SampleRequest) -> dict[str, Any]:
    """How far a message of ours has come; once it went out the status says what it cost."""
    phone, customer = _ids(request)
    status = {
        "id": request.other_message_id,
        "status": request.status,
        "timestamp": _seconds(request),
        **_known(recipient_id=phone, recipient_user_id=customer, biz_opaque_callback_data=request.metadata),
        "pricing": {
            "billable": False,
            "pricing_model": "PMP",
            "type": "free_customer_service",
            "category": "service",
        },
    }
    return {"contacts": [_contact(request)], "statuses": [status]}


def _identity_change(request: SampleRequest) -> dict[str, Any]:
    phone, customer = _ids(request)
    change = {
        **_known(wa_id=phone),
        "detail": "The customer's user id has changed.",
        "user_id": {"previous": customer or _FORMER_SCOPED_ID, "current": request.new_sender},
        "timestamp": _seconds(request),
    }
    return {"contacts": [_contact(request)], "user_id_update": [change]}


def _echo(request: SampleRequest) -> dict[str, Any]:
    """What the business wrote in its own WhatsApp app, beside the API."""
    phone, customer = _ids(request)
    message = {
        "from": request.display_phone,
        **_known(to=phone, to_user_id=customer),
        "id": request.message_id,
        "timestamp": _seconds(request),
        **_text(request),
    }
    return {"message_echoes": [message]}


def _envelope(value: _Value, field: str = "messages") -> SampleBuilder:
    """A builder that puts one value into a change of `field`."""

    def build(request: SampleRequest) -> Sample:
        number = {"display_phone_number": request.display_phone, "phone_number_id": request.account_id}
        content = {"messaging_product": "whatsapp", "metadata": number, **value(request)}
        entry = {"id": request.waba_id, "changes": [{"field": field, "value": content}]}
        return Sample({"object": "whatsapp_business_account", "entry": [entry]})

    return build


SAMPLES: Mapping[str, SampleBuilder] = {
    "message": _envelope(_message(_text)),
    "ad_message": _envelope(_message(_ad_text)),
    "image": _envelope(_message(_image)),
    "document": _envelope(_message(_document)),
    "revoke": _envelope(_message(_revoke)),
    "button": _envelope(_message(_button)),
    "list_reply": _envelope(_message(_list_reply)),
    "order": _envelope(_message(_catalogue_order)),
    "status": _envelope(_status),
    "identity_change": _envelope(_identity_change, "user_id_update"),
    "echo": _envelope(_echo, "smb_message_echoes"),
}
