"""Templates that WhatsApp has approved, and what is sent in them."""

import json
from typing import Any

import pytest

from flows.templates import check_template
from flows.templates.approved import ApprovedTemplates, Platform
from middleware.errors import FlowError

WHATSAPP = """\
name: come_back
purpose: p
locales:
  en:
    text: Hi
    fallback: Hi
    outside_window:
      name: order_update
      language: en_US
      header: Your order
      body: ["{{ profile.name | default('friend') }}", "today"]
      buttons:
        - {kind: url, index: 1, value: "1001"}
"""
ORDER_UPDATE = {
    "name": "order_update",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "id": "1",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "{{1}} is on its way"},
        {"type": "BODY", "text": "Hi {{1}}, it arrives {{2}}. Bye {{1}}!", "example": {"body_text": [["Ana", "now"]]}},
        {"type": "FOOTER", "text": "Glow"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}"},
            ],
        },
    ],
}


def against(source: str, *known: Any, channel: Platform = "whatsapp") -> list[str]:
    """What is found in a template beside what the platform knows."""
    platform = ApprovedTemplates.read(channel, ("approved.json", json.dumps({"data": known, "paging": {}})))
    _, findings = check_template(source, "a.yaml", [platform])
    return [f"{each.line}: {each.message}" for each in findings if each.code == "approved"]


def changed(**fields: Any) -> dict[str, Any]:
    """The approved template, with other fields or, by the name of their type, other components."""
    components = [{**each, **fields.pop(each["type"], {})} for each in ORDER_UPDATE["components"]]  # type: ignore[union-attr, dict-item]
    return {**ORDER_UPDATE, "components": components, **fields}


def test_what_fits_the_approved_template_is_accepted() -> None:
    """Its name, language, header, parameters and buttons are those that the platform has."""
    assert against(WHATSAPP, ORDER_UPDATE) == []


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (changed(name="order_updates"), "8: WhatsApp knows no template order_update - did you mean order_updates?"),
        (changed(language="de"), "9: order_update is there in de, not in en_US"),
        (changed(status="PAUSED"), "8: order_update is not approved: WhatsApp says PAUSED"),
        (changed(BODY={"text": "Hi {{1}}"}), "11: order_update takes 1 parameters in its body, and here are 2"),
        (changed(BODY={"text": "Hi"}), "takes 0 parameters"),
        (changed(BODY={"text": "{{first_name}} {{when}}"}), "parameters with names (first_name, when)"),
        (changed(HEADER={"text": "Hi"}), "10: the header of order_update takes nothing, and here is a text"),
        (changed(HEADER={"format": "IMAGE"}), "takes media: image, and here is a text"),
        (changed(BUTTONS={"buttons": []}), "12: order_update has no button 1; the first is 0"),
        (
            changed(BUTTONS={"buttons": [{"type": "URL", "url": "https://a.example/{{1}}"}] * 2}),
            "button 0 of order_update needs the end of its address",
        ),
        (
            changed(BUTTONS={"buttons": [{"type": "QUICK_REPLY"}] * 2}),
            "button 1 of order_update is QUICK_REPLY, which is not filled in by kind: url",
        ),
        (
            changed(BUTTONS={"buttons": [{"type": "URL", "url": "https://a.example/"}] * 2}),
            "has a fixed address; leave it out",
        ),
        (changed(BUTTONS={"buttons": [{"type": "COPY_CODE"}, {"type": "URL", "url": "x{{1}}"}]}), "copies a code"),
        (changed(FOOTER={"type": "CAROUSEL"}), "has cards, and none can be filled in"),
    ],
)
def test_what_whatsapp_would_refuse_is_refused_before(known: dict[str, Any], message: str) -> None:
    """Each way in which a template and the approved one can disagree is an error on the line of the part."""
    (error,) = against(WHATSAPP, known)

    assert message in error


def test_a_form_of_the_window_is_held_against_it_too() -> None:
    """`approved` as the form of a text is checked, but not where it stands for another channel alone."""
    approved = "approved: {name: order_update, language: en_US, body: [a]}"
    everywhere = f"name: a\npurpose: p\nlocales:\n  en:\n    text: Hi\n    fallback: Hi\n    {approved}\n"
    on_messenger = (
        "name: a\npurpose: p\nlocales:\n  en:\n    text: Hi\n    fallback: Hi\n"
        f"    channels:\n      messenger:\n        text: Hi\n        {approved}\n"
    )

    assert len(against(everywhere, ORDER_UPDATE)) == 3
    assert against(on_messenger, ORDER_UPDATE) == []
    assert len(against(on_messenger, ORDER_UPDATE, channel="messenger")) == 3


UTILITY = {
    "name": "order_update",
    "language": "en_US",
    "status": "APPROVED",
    "components": [
        {"type": "BODY", "text": "Good news {{1}}! Your order arrives {{2}}."},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "POSTBACK", "text": "Track", "payload": "track"},
                {"type": "URL", "text": "See it", "url": "https://shop.example/o/{{1}}"},
            ],
        },
    ],
}
MESSENGER = WHATSAPP.replace("      header: Your order\n", "").replace(
    "buttons:\n", "buttons:\n        - {kind: reply, index: 0, value: track}\n"
)


def test_what_messenger_has_approved_is_held_against_it_too() -> None:
    """Name, language, approval, parameters and buttons; an answer of WhatsApp says nothing of it."""
    assert against(MESSENGER, UTILITY, channel="messenger") == []
    gone = against(MESSENGER, {**UTILITY, "status": "REJECTED", "language": "de"}, channel="messenger")
    assert gone == ["9: order_update is there in de, not in en_US"]
    refused = against(MESSENGER, {**UTILITY, "status": "REJECTED"}, channel="messenger")
    assert refused == ["8: order_update is not approved: Messenger says REJECTED"]
    assert against(MESSENGER, channel="messenger") == ["8: Messenger knows no template order_update"]
    body = [{"type": "BODY", "text": "Hi {{1}}"}, UTILITY["components"][1]]  # type: ignore[index]
    (wrong,) = against(MESSENGER, {**UTILITY, "components": body}, channel="messenger")
    assert "takes 1 parameters in its body, and here are 2" in wrong


@pytest.mark.parametrize(
    ("buttons", "message"),
    [
        ("[]", "button 1 of order_update has to be filled in"),
        ("[{kind: url, index: 1, value: a}]", "button 0 of order_update has to be filled in: Messenger takes them in"),
        ("[{kind: url, index: 0, value: a}, {kind: url, index: 1, value: a}]", "button 0 of order_update is POSTBACK"),
        ("[{kind: reply, index: 0, value: a}]", "button 1 of order_update has to be filled in"),
    ],
)
def test_messenger_takes_buttons_in_their_order(buttons: str, message: str) -> None:
    """What fills them in goes without a number, so that a gap would fill in the wrong one."""
    start = MESSENGER.index("      buttons:")
    (error,) = against(f"{MESSENGER[:start]}      buttons: {buttons}\n", UTILITY, channel="messenger")

    assert message in error


@pytest.mark.parametrize(
    "text", ["", "[", "7", '{"data": 7}', '{"data": [{"name": "a"}]}', "[" * 100_000, '"x"', "[7]"]
)
def test_a_file_of_approved_templates_that_is_none_is_named(text: str) -> None:
    """What is no answer of the platform gives an error with the file's name and what to save."""
    with pytest.raises(FlowError, match=r"approved.json:1: .*message_templates answers"):
        ApprovedTemplates.read("whatsapp", ("approved.json", text))


def test_pages_and_bare_lists_are_read() -> None:
    """Several pages of the answer, and a list without anything around it."""
    page, bare = json.dumps({"data": [ORDER_UPDATE]}), json.dumps([changed(language="de")])
    platform = ApprovedTemplates.read("whatsapp", ("1.json", page), ("2.json", bare))

    assert set(platform.by_name["order_update"]) == {"en_US", "de"}
