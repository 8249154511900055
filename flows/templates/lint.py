"""What is worth knowing about a template before a customer sees it."""

import unicodedata
from collections.abc import Iterable, Iterator

from flows.files import Document, Finding, Place
from flows.language import Condition, Source, Use
from flows.language.length import Length, longest, of_text
from flows.language.paths import Lines
from flows.language.sorts import misfits
from flows.language.suggest import did_you_mean
from flows.schema import SCHEMA, can_be_missing, field_of, sort_of
from flows.templates.filter_findings import filter_findings
from flows.templates.model import BASE, WANTED_LOCALES, FormFile, TemplateFile
from flows.templates.parts import part_findings, text_under
from flows.templates.places import Placed
from flows.templates.shapes import shape_findings
from middleware.domain.capabilities import Capabilities
from middleware.domain.context import level_of_paths
from middleware.domain.identifiers import Level


def source_findings(document: Document, place: Place, source: Source, locale: str | None = None) -> list[Finding]:
    """What a source reads that no context has, that can be missing, or that cannot be said as it is.

    With a locale, also what its language counts otherwise.
    """
    unfit = misfits(source.tree, source.text, sort_of)
    of_sorts = (document.within(place, each.line, each.column, "error", each.message, "wrong-sort") for each in unfit)
    of_filters = filter_findings(document, place, source, locale)
    return [*_use_findings(document, place, source.uses, Lines(source.text)), *of_sorts, *of_filters]


def condition_findings(document: Document, place: Place, condition: Condition) -> list[Finding]:
    """Errors for names that no context has."""
    return list(_use_findings(document, place, condition.uses, Lines(condition.source)))


def level_findings(document: Document, place: Place, source: Source, level: Level) -> Iterator[Finding]:
    """Hints for values that nobody of this level is told: where they are read, there is never anything."""
    lines = Lines(source.text)
    for use in source.uses:
        needed = level_of_paths((use.path,))
        if field_of(use.path) and needed > level:
            message = (
                f"{use.written} is told from level {needed.name.lower()} on; at {level.name.lower()} it is missing"
            )
            column = lines.column(use.line, use.written)
            yield document.within(place, use.line, column, "hint", message, "above-level")


def content_findings(document: Document, placed: Placed, source: Source | None) -> list[Finding]:
    """The findings of one content: values in the fallback, how long it can get, and the parts of its form.

    How long a text gets that is not part of the language, nobody knows.
    """
    return [
        *_fallback_findings(document, placed),
        *(_length_findings(document, placed, source) if source is not None else ()),
        *part_findings(document, placed),
        *shape_findings(document, placed),
    ]


def file_findings(document: Document, written: TemplateFile) -> list[Finding]:
    """What concerns the whole file: languages and variants that are missing somewhere, forms outside of the window."""
    return [
        *_missing_locales(document, written),
        *_variant_findings(document, written),
        *(finding for locale, form in written.locales.items() for finding in _outside_findings(document, locale, form)),
    ]


def _use_findings(document: Document, place: Place, uses: Iterable[Use], lines: Lines) -> Iterator[Finding]:
    for use in uses:
        column = lines.column(use.line, use.written)
        if field_of(use.path) is None:
            yield document.within(place, use.line, column, "error", _unknown(use), "unknown-value")
        elif use.needed and can_be_missing(use.path, use.present):
            advice = f'add | default("...") or put it into {{% if {use.written} %}}'
            message = f"{use.written} can be missing; {advice}"
            yield document.within(place, use.line, column, "hint", message, "can-be-missing")


def _unknown(use: Use) -> str:
    shown = use.written if use.written == use.path else f"{use.written} ({use.path})"
    return f"there is no value {shown}{did_you_mean(use.path, SCHEMA)}"


def _fallback_findings(document: Document, placed: Placed) -> Iterator[Finding]:
    if "{{" in placed.fallback or "{%" in placed.fallback:
        advice = "the fallback is said when a value is missing, so it has no {{ }} itself"
        yield document.error(placed.fallback_place, advice, "value-in-fallback")
    if not _is_seen(placed.fallback):
        yield document.error(placed.fallback_place, "the fallback says nothing that can be seen", "empty-fallback")
    for channel in placed.channels():
        size = channel.text.size
        if size.length(placed.fallback) > size.most:
            message = f"is longer than the {size.said()} of {channel.name}"
            yield document.error(placed.fallback_place, message, "fallback-too-long")


def _is_seen(text: str) -> bool:
    """Whether anything of a text is more than space, control and format characters."""
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)


def _length_findings(document: Document, placed: Placed, source: Source) -> Iterator[Finding]:
    worst = longest(source.tree, length_of, placed.locale)
    if not worst.characters:
        yield document.hint((*placed.place, "text"), "says nothing, so everybody gets the fallback", "says-nothing")
    for channel in placed.channels():
        yield from _grown(document, placed, channel, worst, fits=bool(source.elastic))


def _grown(
    document: Document, placed: Placed, channel: Capabilities, worst: Length, *, fits: bool
) -> Iterator[Finding]:
    size, place = channel.text.size, (*placed.place, "text")
    grown = worst.counted(size)
    if grown > size.most:
        advice = f"can grow to {size.of(grown).said()}; {channel.name} takes {size.most}, what is over is cut or split"
        yield document.hint(place, advice, "can-grow")
    carried = text_under(placed.content.form(), channel)
    if carried is None or grown > size.most or fits:
        return
    kind, under = carried
    if worst.counted(under) > under.most:
        advice = f"can grow to {under.of(worst.counted(under)).said()}; {channel.name} shows {kind} under {under.most}"
        yield document.hint(place, f"{advice}, under more they become quick replies or lines", "can-grow")


def length_of(path: str) -> Length:
    """The most that the value of a path takes when said."""
    field = field_of(path)
    if field is None:
        return Length()
    return Length(field.length, field.length) if field.ascii else of_text(field.length)


def _missing_locales(document: Document, written: TemplateFile) -> Iterator[Finding]:
    for locale in WANTED_LOCALES:
        if locale not in written.locales:
            yield document.hint(
                ("locales",), f"{locale} is missing; its readers get another language", "missing-locale"
            )


def _variant_findings(document: Document, written: TemplateFile) -> Iterator[Finding]:
    """Weights without a text, texts without a weight, and locales whose readers see no split."""
    weighed = set(written.variants) - {BASE}
    there = {locale: set(form.variants) for locale, form in written.locales.items()}
    for locale, names in there.items():
        for name in sorted(names - weighed):
            place = ("locales", locale, "variants", name)
            message = f"has no weight: write {name} under variants at the top of the file"
            yield document.error(place, message, "variants")
        for name in sorted(weighed - names):
            message = f"{locale} has no variant {name}; its readers get {BASE} instead"
            yield document.hint(("locales", locale), message, "variants")
    for name in sorted(weighed - set().union(*there.values())):
        yield document.error(("variants", name), f"no locale has a variant {name}", "variants")
    if written.variants and not sum(written.variants.values()):
        yield document.error(("variants",), "all weights are 0, so nobody would get anything", "variants")


def _outside_findings(document: Document, locale: str, form: FormFile) -> Iterator[Finding]:
    if form.outside_window is not None and form.outside_window.language.partition("_")[0] != locale.partition("_")[0]:
        place = ("locales", locale, "outside_window", "language")
        yield document.hint(place, f"is another language than {locale}, whose readers get it", "other-language")
