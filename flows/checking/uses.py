"""What a flow says, takes and asks for, held against the templates: what is not there, and what nothing uses."""

import json
from collections.abc import Iterator, Mapping

from flows.checking.written import WrittenFlow
from flows.engine.intents import Heard
from flows.engine.step_table import Said, row_of
from flows.files import Finding, Place
from flows.shelf import Shelf
from flows.templates import Template
from flows.templates.model import WANTED_LOCALES
from middleware.domain.policy import consent_word

_CLAIMS = frozenset({"email", "phone", "order_reference", "name"})
"""Captures that are noted as claims, whether or not a reply says them."""


def use_findings(written: WrittenFlow, shelf: Shelf, broken: frozenset[str]) -> Iterator[Finding]:
    """Where the flow and its templates do not fit together; `broken` are the templates whose files are refused."""
    looked_at: set[str] = set()
    for said, place in _said(written):
        if said.template in broken:
            continue
        for code, message in shelf.complaints(written.flow, said.template):
            yield written.error(place, message, code)
        if said.template in shelf.templates and said.template not in looked_at:
            looked_at.add(said.template)
            yield from _of_template(written, shelf, shelf.templates[said.template], place)
    yield from _of_questions(written, shelf.templates)
    if not broken:
        yield from _unused(written, shelf.templates)


def _said(written: WrittenFlow) -> Iterator[tuple[Said, Place]]:
    """Every template that a step names, and where."""
    for step, place in written.steps():
        for said in row_of(step).templates(step):
            yield said, (*place, *said.keys)


def _of_template(written: WrittenFlow, shelf: Shelf, template: Template, place: Place) -> Iterator[Finding]:
    lacking = [
        locale
        for locale in written.flow.triggers.intent
        if locale not in WANTED_LOCALES
        and locale.partition("_")[0] not in {form.partition("_")[0] for form in template.forms}
    ]
    if lacking:
        message = (
            f"the flow hears {', '.join(lacking)}, and template {template.name} does not speak it: another language is "
            f"said; add it to {template.file}"
        )
        yield written.hint(place, message, "reply-lacks-locale")
    if any(step.say.template == template.name for step in written.flow.questions()):
        return
    for title, payload in dict.fromkeys(template.choices()):
        if not _leads_somewhere(title, payload, shelf):
            message = (
                f"the button {title!r} of template {template.name} leads nowhere: no flow starts with its payload "
                f"{payload!r}, nor with its title; add payload: [{payload}] to the triggers of one"
            )
            yield written.hint(place, message, "dead-button")


def _leads_somewhere(title: str, payload: str, shelf: Shelf) -> bool:
    if consent_word(payload) is not None or consent_word(title) is not None:
        return True
    heard = Heard(title)
    return any(
        any(payload.startswith(start) for start in flow.triggers.payload) or flow.phrases.standing_in(heard)
        for flow in shelf.flows.values()
    )


def _of_questions(written: WrittenFlow, templates: Mapping[str, Template]) -> Iterator[Finding]:
    for step, place in written.steps():
        asked = step.ask
        if asked is None:
            continue
        here = (*place, "ask")
        template = templates.get(asked.template)
        if asked.capture == "choice" and template is not None and not template.choices():
            message = f"asks for a choice, and template {template.name} offers none; give it quick_replies"
            yield written.error((*here, "template"), message, "no-choices")
        into = asked.into or asked.capture
        for inside, where in written.steps():
            within = where[: len(here) + 1] == (*here, "otherwise") and inside.ask is not None
            if within and inside.ask is not None and (inside.ask.into or inside.ask.capture) == into:
                message = (
                    f"otherwise asks for {into} once more; a customer who does not want to answer is asked on and on: "
                    "raise tries instead, and end with a reply or hand_over"
                )
                yield written.hint((*where, "ask", "template"), message, "asks-again")


def _unused(written: WrittenFlow, templates: Mapping[str, Template]) -> Iterator[Finding]:
    """Answers and personal links that nothing says and no condition asks for."""
    known = (templates[said.template] for said, _ in _said(written) if said.template in templates)
    spoken = frozenset(name for template in known for name in template.names())
    words = json.dumps(written.file.model_dump(mode="json", by_alias=True, exclude_none=True))
    for step, place in written.steps():
        if step.ask is not None and step.ask.capture not in _CLAIMS:
            into = step.ask.into or step.ask.capture
            if not _is_used(f"answers.{into}", spoken, words):
                message = f"nothing uses answers.{into}; say it in a template, ask for it in a condition, or do not ask"
                yield written.hint((*place, "ask", "capture"), message, "unused-answer")
        if step.personal_link is not None and not _is_used(f"links.{step.personal_link}", spoken, words):
            link = step.personal_link
            message = f"no template of this flow says links.{link}; take the step out, or say the link"
            yield written.hint((*place, "personal_link"), message, "unused-link")


def _is_used(path: str, spoken: frozenset[str], words: str) -> bool:
    return path in spoken or path in words
