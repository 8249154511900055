"""Forms in template files: read, checked against the table of the channels, and said."""

from typing import Any

import pytest

from flows.templates import Template, load_template, render
from middleware.domain.channels import CHANNELS
from middleware.domain.fitting import fit
from middleware.domain.forms import Approved, Ask, Buttons, Cards, Choices, Media, Row, Section
from middleware.errors import FlowError
from tests.unit.flows.readers import reader

HEAD = (
    "name: made_up\npurpose: p\nlocales:\n  en:\n    text: Hi {{ profile.name | default('you') }}\n    fallback: Hi\n"
)


def a_template(form: str) -> Template:
    """A template in English, with a form from line 7 on."""
    return load_template(HEAD + "".join(f"    {line}\n" for line in form.strip().splitlines()), "made_up.yaml")


def findings(form: str) -> str:
    """What is found in it, as one text; without the missing locales."""
    return "\n".join(str(each) for each in a_template(form).findings if "is missing" not in each.message)


def said(form: str, values: dict[str, Any] | None = None) -> Any:
    """The form of the reply that it makes."""
    return render(a_template(form), reader("en"), values or {}).form


BUTTONS = """
buttons:
  - title: Track it
    payload: track
  - title: The shop
    url: https://shop.example/
  - title: Call us
    phone: "+34600111222"
"""
LIST = """
list:
  button: Choose
  sections:
    - title: Sizes
      rows:
        - title: Small
          payload: S
          description: For the bag
"""
CARDS = """
cards:
  - title: Rose Night Cream
    subtitle: 24 EUR
    image: https://shop.example/rose.jpg
    buttons:
      - title: View
        url: https://shop.example/rose
"""
APPROVED = """
approved:
  name: order_update
  language: en
  header: Your order
  body:
    - "{{ orders.latest.number }}"
    - "{{ profile.name | default('you') }}"
  buttons:
    - kind: reply
      index: 0
      value: track
"""


def test_every_form_is_read() -> None:
    """What stands in the file is what is sent."""
    assert [button.title for button in said(BUTTONS).buttons] == ["Track it", "The shop", "Call us"]
    assert isinstance(said(BUTTONS), Buttons)
    row = Row(title="Small", payload="S", description="For the bag")
    assert said(LIST) == Choices(button="Choose", sections=(Section(title="Sizes", rows=(row,)),))
    assert isinstance(said(CARDS), Cards)
    assert said("ask: phone") == Ask(what="phone")
    assert said("media:\n  type: image\n  file: rose.png\n  name: rose") == Media(
        type="image", file="rose.png", file_name="rose"
    )


def test_the_text_is_the_caption() -> None:
    """Media are said with the template's text under them."""
    reply = render(a_template("media:\n  type: image\n  url: https://shop.example/a.png"), reader("en"), {})
    (fitted,) = fit(reply, CHANNELS["whatsapp"]).replies
    assert isinstance(fitted.form, Media)
    assert fitted.form.caption == "Hi you"


def test_an_approved_template_is_filled_in() -> None:
    """Its parameters are in the reply language; with one missing it is not sent, and its text is."""
    values = {"orders": {"latest": {"number": "#1001"}}, "profile": {"name": "Ana"}}
    filled = said(APPROVED, values)
    assert isinstance(filled, Approved)
    assert filled.body == ("#1001", "Ana")
    lacking = render(a_template(APPROVED), reader("en"), {"profile": {"name": "Ana"}})
    assert (lacking.text, lacking.form) == ("Hi Ana", None)


def test_parameters_are_checked_like_texts() -> None:
    """A value that no context has, or that can be missing, is found on its own line."""
    assert "made_up.yaml:12:15: orders.latest.number can be missing" in findings(APPROVED)
    assert a_template(APPROVED).forms["en"].names() >= {"orders.latest.number", "profile.name"}
    with pytest.raises(FlowError, match=r"made_up\.yaml:13:15: there is no value profile\.nmae"):
        a_template(APPROVED.replace("profile.name", "profile.nmae"))
    with pytest.raises(FlowError, match=r"made_up\.yaml:12:12: "):
        a_template(APPROVED.replace("{{ orders.latest.number }}", "{{ orders.latest.number"))


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (BUTTONS + "quick_replies:\n  - title: a\n    payload: b", "has one of quick_replies and buttons"),
        (BUTTONS + LIST, "has one of buttons and list"),
        (BUTTONS.replace("payload: track", "url: https://a.example\n    payload: x"), "made_up.yaml:8: "),
        (BUTTONS.replace("    payload: track\n", ""), "does one thing: payload, url or phone"),
        (BUTTONS.replace("https://shop.example/", "shop.example"), "made_up.yaml:11: "),
        (BUTTONS.replace('"+34600111222"', '"600 111"'), "made_up.yaml:13: "),
        (LIST.replace("      payload: S\n", "      paylod: S\n"), "made_up.yaml:13: "),
        ("ask: shoe size", "made_up.yaml:7: "),
        ("media:\n  type: image", "comes from one place: url or file"),
        ("media:\n  type: image\n  file: a.exe", "made_up.yaml:9: no channel takes such a file as image"),
        (APPROVED.replace("order_update", "Order Update"), "made_up.yaml:8: "),
    ],
)
def test_mistakes_name_their_line(form: str, message: str) -> None:
    """A file with a mistake is refused, with the line to mend."""
    with pytest.raises(FlowError) as raised:
        a_template(form)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("form", "hint"),
    [
        (
            BUTTONS.replace("Track it", "Track my whole order"[:20] + "s"),
            "made_up.yaml:8: the title is longer than the 20 of messenger, instagram, whatsapp; it is cut there",
        ),
        (
            BUTTONS.replace("track", "t" * 300),
            "made_up.yaml:9: the payload is longer than the 256 of whatsapp; it is left out there",
        ),
        (
            "quick_replies:\n  - title: Where is my order, please?\n    payload: p",
            "made_up.yaml:8: the title is longer than the 20 of messenger, instagram; it is cut there",
        ),
        (LIST, "made_up.yaml:7: messenger, instagram, webchat: no list, the nearest thing is sent instead"),
        (
            LIST.replace("For the bag", "x" * 73),
            "made_up.yaml:14: the description is longer than the 72 of whatsapp; it is cut there",
        ),
        (
            CARDS.replace("24 EUR", "x" * 81),
            "made_up.yaml:9: the subtitle is longer than the 80 of messenger, instagram; it is cut there",
        ),
        (APPROVED, "made_up.yaml:7: instagram, webchat: no approved, the nearest thing is sent instead"),
        ("ask: email", "made_up.yaml:7: instagram, whatsapp, webchat: email is asked for in words alone"),
        (
            "media:\n  type: audio\n  file: a.ogg",
            "made_up.yaml:9: only messenger, whatsapp takes such a file as audio",
        ),
    ],
)
def test_hints_say_what_channels_make_of_it(form: str, hint: str) -> None:
    """What is cut, left out or shown as something else is said when the file is loaded, on its own line."""
    assert hint in findings(form)


def test_a_text_too_long_for_its_buttons_is_said() -> None:
    """The text of buttons is shorter than a text alone."""
    template = load_template(HEAD.replace("Hi {{", "x" * 650 + "{{") + "    ask: phone\n", "made_up.yaml")
    assert "shows ask under" not in str(template.findings)
    longer = load_template(
        HEAD.replace("Hi {{", "x" * 650 + "{{") + "    buttons:\n      - {title: a, payload: b}\n", "made_up.yaml"
    )
    hint = "messenger shows buttons under 640, under more they become quick replies or lines"
    assert hint in "\n".join(map(str, longer.findings))
