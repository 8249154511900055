"""What the Cloud API accepts. The numbers are those of WhatsApp's documentation, written here anew."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.testing.checks import (
    ApprovedTemplate,
    Choice,
    Content,
    Known,
    a_file,
    a_list,
    a_text,
    an_address,
    an_object,
    maybe_text,
    no_doubles,
    one_of,
    only,
    template_of,
)
from connectors.testing.graph_api import ApiError, invalid

_SCOPED_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)

_PARAMETER_VALUE = 131009
_PARAMETER_COUNT = 132000
_NO_TEMPLATE = 132001
_PARAMETER_FORMAT = 132012

_CAPTIONED = frozenset({"image", "video", "document"})
_HEADERS = frozenset({"image", "video", "document"})

_Said = tuple[str, tuple[Choice, ...]]


def read_whatsapp(body: Mapping[str, Any], known: Known) -> Content:
    """The message in a request to the Cloud API."""
    if body.get("status") == "read":
        if "typing_indicator" in body:
            one_of(an_object(body["typing_indicator"], "typing_indicator").get("type"), "typing_indicator", {"text"})
        return Content(a_text(body.get("message_id"), "message_id", 1000), said=False)
    recipient = _recipient(body)
    if "context" in body:
        a_text(an_object(body["context"], "context").get("message_id"), "context[message_id]", 1000)
    kind = one_of(body.get("type", "text"), "type", _KINDS)
    text, replies = _KINDS[kind](kind, an_object(body.get(kind), kind), known)
    key = maybe_text(body.get("biz_opaque_callback_data"), "callback data", 512)
    return Content(recipient, text, replies, key)


def _recipient(body: Mapping[str, Any]) -> str:
    """A phone number in `to` or a business-scoped user id in `recipient`; with both the number counts."""
    field, pattern = ("to", _PHONE) if body.get("to") else ("recipient", _SCOPED_ID)
    recipient = a_text(body.get(field), field, 200)
    if not pattern.fullmatch(recipient):
        raise _bad_value(field)
    return recipient


def _bad_value(what: str) -> ApiError:
    return ApiError(_PARAMETER_VALUE, "(#131009) Parameter value is not valid", details=what)


def _text(_: str, part: Mapping[str, object], __: Known) -> _Said:
    return a_text(part.get("body"), "text[body]", 4096), ()


def _reaction(_: str, part: Mapping[str, object], __: Known) -> _Said:
    a_text(part.get("message_id"), "reaction[message_id]", 1000)
    if not isinstance(part.get("emoji"), str):
        raise invalid("reaction[emoji]")
    return "", ()


def _media(kind: str, part: Mapping[str, object], known: Known) -> _Said:
    only(part, kind, {"id", "link"} | ({"caption"} if kind in _CAPTIONED else set()) | _named(kind))
    if ("id" in part) == ("link" in part):
        raise invalid(f"{kind} takes id or link")
    if "link" in part:
        an_address(part["link"], f"{kind}[link]")
    else:
        a_file(part["id"], known, _bad_value(f"{kind}[id]"))
    maybe_text(part.get("filename"), f"{kind}[filename]", 240)
    return maybe_text(part.get("caption"), f"{kind}[caption]", 1024) or "", ()


def _named(kind: str) -> set[str]:
    return {"filename"} if kind == "document" else set()


def _template(_: str, part: Mapping[str, object], known: Known) -> _Said:
    """An approved template, with as many parameters of the right sort as it has placeholders."""
    name = a_text(part.get("name"), "template[name]", 512)
    code = a_text(an_object(part.get("language"), "template[language]").get("code"), "template[language][code]", 10)
    template = template_of(name, code, known)
    if template is None:
        raise ApiError(_NO_TEMPLATE, "(#132001) Template name does not exist in the translation", status=404)
    given = {"header": 0, "body": 0, "button": 0}
    for each in a_list(part.get("components"), "components", most=12):
        component = an_object(each, "components")
        kind = one_of(component.get("type"), "components[type]", given)
        parameters = a_list(component.get("parameters"), "components[parameters]", most=50, least=1)
        for parameter in parameters:
            _parameter(kind, an_object(parameter, "parameters"), template, known)
        given[kind] += len(parameters)
    if given != {"header": int(template.header is not None), "body": template.body, "button": template.buttons}:
        raise ApiError(_PARAMETER_COUNT, "(#132000) Number of parameters does not match the expected number of params")
    return "", ()


def _parameter(component: str, parameter: Mapping[str, object], template: ApprovedTemplate, known: Known) -> None:
    kind = parameter.get("type")
    wanted = {"header": (template.header,), "body": ("text",), "button": ("payload", "text")}[component]
    if kind not in wanted:
        raise ApiError(_PARAMETER_FORMAT, "(#132012) Parameter format does not match format in the created template")
    if isinstance(kind, str) and kind in _HEADERS:
        _media(kind, an_object(parameter.get(kind), kind), known)
        return
    text = a_text(parameter.get(str(kind)), "parameters", 1024)
    if component != "button" and re.search(r"[\n\t]| {5}", text):
        raise ApiError(_PARAMETER_FORMAT, "(#132012) Parameter format: no new line, tab, or more than four spaces")


def _interactive(_: str, part: Mapping[str, object], __: Known) -> _Said:
    kind = one_of(part.get("type"), "interactive[type]", _INTERACTIVE)
    most = 4096 if kind == "list" else 1024
    text = a_text(an_object(part.get("body"), "interactive[body]").get("text"), "interactive[body]", most)
    return text, _INTERACTIVE[kind](an_object(part.get("action"), "interactive[action]"))


def _buttons(action: Mapping[str, object]) -> tuple[Choice, ...]:
    buttons = tuple(_button(each) for each in a_list(action.get("buttons"), "buttons", most=3, least=1))
    no_doubles(buttons, "buttons")
    return buttons


def _button(value: object) -> Choice:
    reply = an_object(an_object(value, "buttons").get("reply"), "buttons[reply]")
    return a_text(reply.get("title"), "buttons[title]", 20), a_text(reply.get("id"), "buttons[id]", 256)


def _rows(action: Mapping[str, object]) -> tuple[Choice, ...]:
    a_text(action.get("button"), "action[button]", 20)
    sections = [an_object(each, "sections") for each in a_list(action.get("sections"), "sections", most=10, least=1)]
    for section in sections:
        if len(sections) > 1 or "title" in section:
            a_text(section.get("title"), "sections[title]", 24)
    rows = [row for section in sections for row in a_list(section.get("rows"), "rows", most=10, least=1)]
    choices = tuple(_row(row) for row in a_list(rows, "rows", most=10, least=1))
    if len({ident for _, ident in choices}) < len(choices):
        raise _bad_value("rows: ids must be unique")
    return choices


def _row(value: object) -> Choice:
    row = an_object(value, "rows")
    maybe_text(row.get("description"), "rows[description]", 72)
    return a_text(row.get("title"), "rows[title]", 24), a_text(row.get("id"), "rows[id]", 200)


def _open_page(action: Mapping[str, object]) -> tuple[Choice, ...]:
    one_of(action.get("name"), "action[name]", {"cta_url"})
    parameters = an_object(action.get("parameters"), "action[parameters]")
    title = a_text(parameters.get("display_text"), "parameters[display_text]", 20)
    return ((title, an_address(parameters.get("url"), "parameters[url]")),)


def _cards(action: Mapping[str, object]) -> tuple[Choice, ...]:
    cards = [an_object(each, "cards") for each in a_list(action.get("cards"), "cards", most=10, least=2)]
    if [card.get("card_index") for card in cards] != list(range(len(cards))):
        raise invalid("cards[card_index]")
    return tuple(choice for card in cards for choice in _card(card))


def _card(card: Mapping[str, object]) -> tuple[Choice, ...]:
    one_of(card.get("type"), "cards[type]", {"cta_url"})
    header = an_object(card.get("header"), "cards[header]")
    one_of(header.get("type"), "cards[header][type]", {"image"})
    an_address(an_object(header.get("image"), "cards[header][image]").get("link"), "cards[header][image][link]")
    text = a_text(an_object(card.get("body"), "cards[body]").get("text"), "cards[body]", 160)
    if text.count("\n") > 2:  # noqa: PLR2004 - as documented: up to two line breaks
        raise invalid("cards[body]: at most two line breaks")
    return _open_page(an_object(card.get("action"), "cards[action]"))


def _ask(name: str) -> Callable[[Mapping[str, object]], tuple[Choice, ...]]:
    def check(action: Mapping[str, object]) -> tuple[Choice, ...]:
        one_of(action.get("name"), "action[name]", {name})
        return ()

    return check


_INTERACTIVE: dict[str, Callable[[Mapping[str, object]], tuple[Choice, ...]]] = {
    "button": _buttons,
    "list": _rows,
    "cta_url": _open_page,
    "carousel": _cards,
    "location_request_message": _ask("send_location"),
    "request_contact_info": _ask("request_contact_info"),
}

_KINDS: dict[str, Callable[[str, Mapping[str, object], Known], _Said]] = {
    "text": _text,
    "interactive": _interactive,
    "template": _template,
    "reaction": _reaction,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
}
