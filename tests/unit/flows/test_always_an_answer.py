"""Always an answer: whatever the template, whatever is missing or wrong in the context, on whichever channel."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from made_up_templates import END, contexts, sources, template_files

from flows.language import LanguageError, RenderFailure, compile_reply
from flows.preview.checking import checked
from flows.preview.customers import Customer
from flows.preview.showing import shown
from flows.templates import Template
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
