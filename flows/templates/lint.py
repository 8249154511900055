"""What is worth knowing about a template before a customer sees it."""

from collections.abc import Iterator

from flows.files import Document, Finding, Place
from flows.language import Program, Use
from flows.language.length import Length, longest, of_text
from flows.language.suggest import did_you_mean
from flows.schema import SCHEMA, can_be_missing
from flows.templates.model import WANTED_LOCALES, FormFile, TemplateFile
from flows.templates.parts import part_findings, text_under
from middleware.domain.capabilities import Size
from middleware.domain.channels import CHANNELS
from middleware.domain.text import length


def form_findings(
    document: Document, locale: str, form: FormFile, program: Program, parameters: tuple[Program, ...]
) -> list[Finding]:
    """The findings of one locale: unknown names, missing fallbacks, values in the fallback, length, its form."""
    place: Place = ("locales", locale)
    of_parameters = (
        use_findings(document, (*place, "approved", "body", index), each.uses) for index, each in enumerate(parameters)
    )
    return [
        *use_findings(document, (*place, "text"), program.uses),
        *_fallback_findings(document, (*place, "fallback"), form.fallback),
        *_length_findings(document, place, form, program),
        *(finding for findings in of_parameters for finding in findings),
        *part_findings(document, locale, form),
    ]


def use_findings(document: Document, place: Place, uses: tuple[Use, ...]) -> list[Finding]:
    """Errors for names that no context has, hints for values that can be missing and have nothing instead."""
    return list(_use_findings(document, place, uses))


def _use_findings(document: Document, place: Place, uses: tuple[Use, ...]) -> Iterator[Finding]:
    first = document.line(place)
    for use in uses:
        line = first + use.line - 1
        if use.path not in SCHEMA:
            yield Finding(document.file, line, "error", _unknown(use))
        elif use.needed and can_be_missing(use.path, use.present):
            advice = f'add | default("...") or put it into {{% if {use.written} %}}'
            yield Finding(document.file, line, "hint", f"{use.written} can be missing; {advice}")


def _unknown(use: Use) -> str:
    shown = use.written if use.written == use.path else f"{use.written} ({use.path})"
    return f"there is no value {shown}{did_you_mean(use.path, SCHEMA)}"


def _fallback_findings(document: Document, place: Place, fallback: str) -> Iterator[Finding]:
    if "{{" in fallback or "{%" in fallback:
        yield document.error(place, "the fallback is said when a value is missing, so it has no {{ }} itself")


def _length_findings(document: Document, place: Place, form: FormFile, program: Program) -> Iterator[Finding]:
    worst = longest(program.tree, _length_of)
    for channel in CHANNELS.values():
        size = channel.text.size
        most, unit, grown = size.most, _unit(size), _in_unit(worst, size)
        if grown > most:
            advice = f"can grow to {grown} {unit}; {channel.name} takes {most}, what is over is cut"
            yield document.hint((*place, "text"), advice)
        if length(form.fallback, in_bytes=size.in_bytes) > most:
            yield document.error((*place, "fallback"), f"is longer than the {most} {unit} of {channel.name}")
        carried = text_under(form, channel)
        if carried is not None and grown <= most and _in_unit(worst, carried[1]) > carried[1].most:
            kind, size = carried
            advice = f"can grow to {_in_unit(worst, size)} {_unit(size)}; {channel.name} shows {kind} under {size.most}"
            yield document.hint((*place, "text"), f"{advice}, under more they become quick replies or lines")


def _in_unit(found: Length, size: Size) -> int:
    return found.in_bytes if size.in_bytes else found.characters


def _unit(size: Size) -> str:
    return "bytes" if size.in_bytes else "characters"


def _length_of(path: str) -> Length:
    field = SCHEMA.get(path)
    if field is None:
        return Length()
    return Length(field.length, field.length) if field.ascii else of_text(field.length)


def missing_locales(document: Document, written: TemplateFile) -> list[Finding]:
    """Hints for the languages that every reply should have."""
    return [
        document.hint(("locales",), f"{locale} is missing; its readers get another language")
        for locale in WANTED_LOCALES
        if locale not in written.locales
    ]
