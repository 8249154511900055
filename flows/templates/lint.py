"""What is worth knowing about a template before a customer sees it."""

from collections.abc import Iterator

from flows.files import Document, Finding, Place
from flows.language import Program, Use
from flows.language.length import Length, longest, of_text
from flows.language.suggest import did_you_mean
from flows.schema import SCHEMA, can_be_missing
from flows.templates.model import WANTED_LOCALES, FormFile, TemplateFile
from flows.text import length

TEXT_LIMITS: dict[str, tuple[int, bool]] = {
    "instagram": (1000, True),
    "messenger": (2000, False),
    "whatsapp": (4096, False),
}
"""What a text may be long on each channel; true: counted in bytes of UTF-8."""


def form_findings(document: Document, locale: str, form: FormFile, program: Program) -> list[Finding]:
    """The findings of one locale: unknown names, missing fallbacks, values in the fallback, length."""
    place: Place = ("locales", locale)
    return [
        *use_findings(document, (*place, "text"), program.uses),
        *_fallback_findings(document, (*place, "fallback"), form.fallback),
        *_length_findings(document, place, form, program),
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
    for channel, (most, in_bytes) in TEXT_LIMITS.items():
        size = worst.in_bytes if in_bytes else worst.characters
        unit = "bytes" if in_bytes else "characters"
        if size > most:
            advice = f"can grow to {size} {unit}; {channel} takes {most}, what is over is cut"
            yield document.hint((*place, "text"), advice)
        if length(form.fallback, in_bytes=in_bytes) > most:
            yield document.error((*place, "fallback"), f"is longer than the {most} {unit} of {channel}")


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
