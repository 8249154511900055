"""From a template and values to a reply; what the channel makes of it is fitting's work."""

from collections.abc import Iterable, Mapping

from flows.language import Program, RenderFailure
from flows.language.program import Value
from flows.templates.loading import Form, Template
from middleware.domain.forms import Approved
from middleware.domain.forms import Form as ReplyForm
from middleware.domain.messages import Reply

LAST_LOCALE = "en"


def locale_chain(wanted: str | None, default: str) -> tuple[str, ...]:
    """The locales to try, best first: as wanted, its language alone, the brand's default, English."""
    names = (name.replace("-", "_") for name in (wanted, default, LAST_LOCALE) if name)
    return tuple(dict.fromkeys(tag for name in names for tag in (name, name.partition("_")[0])))


def render(template: Template, chain: Iterable[str], values: Mapping[str, Value]) -> Reply:
    """The reply in the first locale of the chain that the template has.

    Where a value is missing or unfit, the fallback text of that locale is said instead, and `fallback` is
    true: never a half-filled sentence. Never raises.
    """
    locale, form, region = _choose(template, tuple(chain))
    text = _said(form.program, values, region)
    return Reply(
        text=text or form.fallback,
        quick_replies=form.quick_replies,
        form=_filled(form, values, region),
        template=template.name,
        locale=locale,
        fallback=not text,
    )


def _said(program: Program, values: Mapping[str, Value], region: str) -> str:
    """What a program says; nothing if it cannot."""
    try:
        return program.render(values, region).strip()
    except RenderFailure:
        return ""


def _filled(form: Form, values: Mapping[str, Value], region: str) -> ReplyForm | None:
    """The form as written; an approved template with its parameters, or none at all if one of them is missing."""
    if not isinstance(form.form, Approved):
        return form.form
    body = tuple(_said(program, values, region) for program in form.parameters)
    return form.form.model_copy(update={"body": body}) if all(body) else None


def _choose(template: Template, chain: tuple[str, ...]) -> tuple[str, Form, str]:
    """The locale, its form, and the locale by which numbers and dates are written (the wanted region, if
    any).
    """
    locale = next((name for name in chain if name in template.forms), next(iter(template.forms)))
    region = next((name for name in chain if name.startswith(locale + "_")), locale)
    return locale, template.forms[locale], region
