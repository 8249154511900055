"""Always an answer: whatever the template, whatever is missing or wrong in the context, on whichever channel."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from made_up_templates import END, contexts, sources, template_files

from flows.language import LanguageError, Locality, Program, RenderFailure, compile_reply, read_reply
from flows.language.length import longest
from flows.preview.checking import checked
from flows.preview.customers import CUSTOMERS, Customer
from flows.preview.showing import shown
from flows.schema import SCHEMA
from flows.templates import Reader, Template
from flows.templates.lint import length_of
from middleware.domain.channels import CHANNELS
from middleware.domain.forms import Approved
from middleware.domain.messages import Reply

QUIET = settings(
    max_examples=100, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip
KEYS = st.text(max_size=3)
RAW = ("{{", "{%", "{#")


def texts(value: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


def fallbacks(template: Template) -> set[str]:
    """The fallback texts of a template."""
    return {content.fallback for form in template.forms.values() for content in form.contents.values()}


def says_something(message: Reply) -> bool:
    """Whether a message has a text that can be seen, or a form."""
    return bool(message.text.strip()) or message.form is not None


@given(template_files(), contexts(), st.sampled_from(sorted(CHANNELS)), st.sampled_from(["open", "closed"]), KEYS)
@QUIET
def test_there_is_always_an_answer(
    file: str, context: tuple[Customer, dict[str, Any]], channel: str, window: str, key: str
) -> None:
    """The customer gets the whole text or the whole fallback: no exception, nothing empty, no half, no raw {{."""
    template = checked(file, "made_up.yaml").template
    assume(template is not None)
    assert template is not None
    customer, values = context
    reader = customer.reader(CHANNELS[channel], window_open=window == "open", key=key)

    outcome = shown(template, reader, values)

    reply = outcome.reply
    event("the fallback" if reply.fallback else "the text")
    assert reply.text.strip()
    assert reply.text in fallbacks(template) if reply.fallback else reply.text.endswith(END)
    assert outcome.fitted.replies
    assert all(says_something(message) for message in outcome.fitted.replies)
    if not any(raw in text for text in texts(values) for raw in RAW):
        assert not any(raw in message.model_dump_json() for message in outcome.fitted.replies for raw in RAW)
    if isinstance(reply.form, Approved):
        assert all(parameter.strip() for parameter in reply.form.body)
    assert (outcome.why is None) is not reply.fallback
    json.dumps([message.model_dump(mode="json") for message in outcome.fitted.replies]).encode()


@given(sources, contexts())
@QUIET
def test_a_source_is_said_or_refused(source: str, context: tuple[Customer, dict[str, Any]]) -> None:
    """A program says all of its text, or raises a RenderFailure whose message has nothing of the values in it."""
    try:
        program = compile_reply(source)
    except LanguageError:
        assume(condition=False)
        return
    customer, values = context
    try:
        text = program.render(values, customer.reader(CHANNELS["whatsapp"]).locality())
    except RenderFailure as failure:
        said = str(failure)
        assert not any(len(text) > 3 and text in said for text in texts(values) if " " in text)
        return
    assert text.endswith(END)


@given(sources, st.sampled_from(["en", "de", "es", "pl", "ar"]))
@QUIET
def test_no_text_grows_past_what_the_check_says(source: str, locale: str) -> None:
    """The worst length that the check works out is one: no made-up customer's text is longer, in either unit."""
    try:
        read = read_reply(source)
    except LanguageError:
        assume(condition=False)
        return
    assume(not read.elastic)
    most = longest(read.tree, length_of, locale)
    program = read.compiled()
    for customer in CUSTOMERS.values():
        reader = customer.reader(CHANNELS["messenger"], locale=locale)
        text = said_by(program, customer, reader)
        assert len(text) <= most.characters, customer.name
        assert len(text.encode()) <= most.in_bytes, customer.name


def said_by(program: Program, customer: Customer, reader: Reader) -> str:
    """What a program says to a customer; nothing, where it cannot."""
    try:
        return program.render(customer.values, reader.locality())
    except RenderFailure:
        return ""


@pytest.mark.parametrize("letter", ["ß", "\u0390", "\u0130", "\ufb03", "\u597d", "\U0001f600"])
@pytest.mark.parametrize(
    "filters", ["upper", "lower", "capitalize", "upper | lower", "trim", "truncate(20)", "first_name"]
)
def test_letters_that_grow_are_reckoned_with(filters: str, letter: str) -> None:
    """In another case one letter can become two or three: the worst length is still no shorter than the text."""
    source = f"{{{{ profile.name | {filters} }}}}"
    program = compile_reply(source)
    name = (letter * 80)[: SCHEMA["profile.name"].length]
    said = program.render({"profile": {"name": name}}, Locality.of("en"))
    most = longest(read_reply(source).tree, length_of)

    assert len(said) <= most.characters
    assert len(said.encode()) <= most.in_bytes
