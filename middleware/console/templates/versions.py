"""What was published of a template: giving it to customers, going back, and what differs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from middleware.console.drafts import note_of
from middleware.console.routes import MARKETER, get, post
from middleware.console.templates.editor import told_of_conflict
from middleware.console.templates.saving import revision_of, saved
from middleware.console.templates.working import Work, opened, spot_of
from middleware.console.visit import Visit
from middleware.domain.template_versions import Preview
from middleware.pipeline.templates.editing import ask_for_publication, discard_draft
from middleware.pipeline.templates.errors import NotDone, NoTemplate, NotNow, TemplateChanged, TemplateRefused
from middleware.pipeline.templates.looking import Difference, difference, versions
from middleware.pipeline.templates.publishing import publish_draft, roll_back

Act = Callable[..., Awaitable[object]]
"""Something that is done to a draft, by somebody, with a note, on a revision."""

MOST_SHOWN = 50
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Seen:
    """What a made-up customer sees differently, on all channels on which they see just this."""

    customer: str
    locale: str
    channels: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


async def publish(visit: Visit) -> web.StreamResponse:
    """Save what is typed, and give it to customers."""
    return await _with_draft(visit, publish_draft, "template.published", "said.template_published")


async def ask(visit: Visit) -> web.StreamResponse:
    """Save what is typed, and ask others to publish it."""
    return await _with_draft(visit, ask_for_publication, "template.asked", "said.template_asked")


async def _with_draft(visit: Visit, act: Act, what: str, said: str) -> web.StreamResponse:
    work, form = await opened(visit), await visit.form()
    outcome = await saved(visit, work, form)
    if isinstance(outcome, web.Response):
        return outcome
    if outcome is None or (outcome is work and revision_of(form) != work.revision):
        # What is published is what they have seen, also where it is somebody else's draft.
        return await told_of_conflict(visit, spot_of(form), form)
    await visit.on_record(what, about=work.name)
    acted = act(
        visit.brand.templates(),
        work.name,
        by=visit.user.id,
        now=visit.now,
        note=note_of(form),
        revision=outcome.revision,
    )
    return await _done(visit, work, acted, said)


async def discard(visit: Visit) -> web.StreamResponse:
    """Throw the draft away."""
    work, form = await opened(visit), await visit.form()
    await visit.on_record("template.discarded", about=work.name)
    acted = discard_draft(
        visit.brand.templates(), work.name, by=visit.user.id, now=visit.now, revision=revision_of(form)
    )
    return await _done(visit, work, acted, "said.template_discarded")


async def rollback(visit: Visit) -> web.StreamResponse:
    """Give an earlier version to customers again."""
    work, form = await opened(visit), await visit.form()
    number = form.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise web.HTTPBadRequest
    await visit.on_record("template.rolled_back", about=work.name, number=number)
    acted = roll_back(
        visit.brand.templates(), work.name, int(number), by=visit.user.id, now=visit.now, note=note_of(form),
        revision=revision_of(form),
    )  # fmt: skip
    return await _done(visit, work, acted, "said.template_rolled_back")


async def _done(visit: Visit, work: Work, acted: Awaitable[object], said: str) -> web.StreamResponse:
    """Do it, and say so; or say why it was not done."""
    try:
        await acted
    except TemplateRefused:
        said = "said.template_refused"
    except TemplateChanged:
        said = "said.template_changed"
    except NotNow:
        said = "said.template_not_now"
    except NoTemplate:
        raise web.HTTPNotFound from None
    except NotDone:
        raise web.HTTPBadRequest from None
    else:
        # This process says it at once, and does not wait for the next look.
        await visit.brand.live.look(visit.brand.store, visit.now)
    return visit.go(visit.path("templates", work.name), said=said)


async def versions_page(visit: Visit) -> web.StreamResponse:
    """What was published, the latest first."""
    work = await opened(visit)
    before = visit.query("before")
    number = int(before) if before.isascii() and before.isdigit() and len(before) <= _MOST_DIGITS else None
    found, following = await versions(visit.brand.templates(), work.name, MOST_SHOWN, number)
    return visit.page("templates/versions.html", work=work, versions=found, following=following)


async def difference_page(visit: Visit) -> web.StreamResponse:
    """What differs between two versions: of the text, and of what made-up customers get."""
    work = await opened(visit)
    one, other = visit.query("one"), visit.query("other")
    try:
        found = await difference(visit.brand.templates(), work.name, one, other)
    except NoTemplate:
        raise web.HTTPNotFound from None
    except NotNow:
        return visit.page("templates/difference.html", work=work, found=None, lines=(), seen=())
    return visit.page(
        "templates/difference.html", work=work, found=found, lines=found.text.splitlines()[2:], seen=seen_in(found)
    )


def seen_in(found: Difference) -> list[Seen]:
    """What customers see differently, alike channels together."""
    alike: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for each in found.rendered:
        key = (each.customer, each.locale, _messages(each.before), _messages(each.after))
        if key[2] != key[3]:
            alike.setdefault(key, []).append(each.channel)
    return [Seen(key[0], key[1], tuple(channels), key[2], key[3]) for key, channels in alike.items()]


def _messages(preview: Preview | None) -> tuple[str, ...]:
    return preview.messages if preview is not None else ()


ROUTES = (
    post("/{brand}/templates/{name}/publish", publish, MARKETER),
    post("/{brand}/templates/{name}/ask", ask, MARKETER),
    post("/{brand}/templates/{name}/discard", discard, MARKETER),
    post("/{brand}/templates/{name}/rollback", rollback, MARKETER),
    get("/{brand}/templates/{name}/versions", versions_page, MARKETER),
    get("/{brand}/templates/{name}/difference", difference_page, MARKETER),
)
