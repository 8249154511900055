"""`throughline templates list, versions, diff, draft, publish, rollback, discard`: templates that are in the store."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from middleware.bootstrap.building import Installation
from middleware.bootstrap.reaching import templates_now
from middleware.cli.output import fail, print_json, shown
from middleware.cli.places import BrandOption, JsonOption, on_brand, plain, when
from middleware.cli.publishing import ByOption, LimitOption, NoteOption, RevisionOption, say_published
from middleware.domain.template_versions import MOST_BYTES, THE_FILE, TemplateFinding, TemplateVersion
from middleware.pipeline.templates.editing import discard_draft, save_draft
from middleware.pipeline.templates.looking import Difference, difference, listed, versions
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.templates.publishing import Published, publish_draft, roll_back
from middleware.web.templates.shapes import difference_shown, published_shown, row_shown, version_row

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The template's name")]

_SHOWN_CHANGES = 8

Seen = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""Customer, locale, and the messages of both versions."""

Work = Callable[[Templates, datetime], Awaitable[Any]]
Publishing = Callable[[Templates, datetime], Awaitable[Published]]


def add_to(app: typer.Typer) -> None:
    """Make them commands of a group."""
    app.command("list")(list_)
    app.command("versions")(versions_)
    app.command("diff")(diff)
    app.command("draft")(draft)
    app.command("publish")(publish)
    app.command("rollback")(rollback)
    app.command("discard")(discard)


def list_(
    brand: BrandOption = "",
    limit: LimitOption = 100,
    after: Annotated[str, typer.Option(help="Go on behind this name")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the templates of files and those that were edited: what customers get, and whose drafts there are."""
    rows, following = on_templates(brand, lambda of, _: listed(of, limit, after))
    items = [row_shown(row).model_dump(mode="json", exclude_none=True) for row in rows]
    if as_json:
        print_json({"items": items, "next": following})
        return
    table = Table()
    for heading in ("template", "version", "said", "draft", "revision"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        head = row.head.record
        whose = f"{plain(head.draft.by)}, {when(head.draft.at)}" if head.draft is not None else ""
        version = str(head.published) if head.published else "of the file" if row.in_file else "-"
        table.add_row(head.id, version, "yes" if row.said else "no", whose, str(row.head.version))
    shown.print(table)
    if following is not None:
        shown.print(f"There are more: --after {following}", markup=False)


def versions_(
    name: NameArgument,
    brand: BrandOption = "",
    limit: LimitOption = 20,
    before: Annotated[int | None, typer.Option(help="Only those before this number")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what was published of a template, the latest first."""
    found, following = on_templates(brand, lambda of, _: versions(of, name, limit, before))
    if as_json:
        items = [version_row(each).model_dump(mode="json", exclude_none=True) for each in found]
        print_json({"items": items, "next": following})
        return
    for each in found:
        shown.print(_said(each), markup=False)
    if following is not None:
        shown.print(f"There are more: --before {following}", markup=False)
    elif not found:
        shown.print(f"Nothing was published of {name}: customers get what stands in its file", markup=False)


def _said(version: TemplateVersion) -> str:
    """A version on one line."""
    again = {None: "", THE_FILE: ", the file again"}.get(version.repeats, f", version {version.repeats} again")
    who = f"by {plain(version.author)}, published by {plain(version.reviewer)}"
    return f"{version.number:>4}  {when(version.at)}  {who}{again}{': ' if version.note else ''}{plain(version.note)}"


def diff(
    name: NameArgument,
    one: Annotated[str, typer.Argument(metavar="A", help="A number, draft or published", show_default=False)] = "",
    other: Annotated[str, typer.Argument(metavar="B", help="The same", show_default=False)] = "",
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two versions: in the text, and in what made-up customers get.

    Without A and B: what is published and the draft; without a draft the two latest versions.
    """
    found = on_templates(brand, lambda of, _: difference(of, name, one, other))
    if as_json:
        print_json(difference_shown(found).model_dump(mode="json", exclude_none=True))
    else:
        _say_difference(found)


def draft(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The template, in YAML")],
    by: ByOption,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Save a file as the template's draft. Exit code 1 if it has errors: it is saved all the same, and not published.

    Somebody else's draft is only replaced with its --revision.
    """
    source = read_source(file)

    async def work(of: Templates, now: datetime) -> Any:  # noqa: ANN401 - handed through
        return await save_draft(of, name, source, by=by, now=now, note=note, revision=revision)

    saved = on_templates(brand, work)
    findings = [each.model_copy(update={"file": str(file)}) if each.file == f"{name}.yaml" else each
                for each in saved.findings]  # fmt: skip
    if as_json:
        print_json({"revision": saved.head.version, "findings": [each.model_dump() for each in findings]})
    else:
        say_findings(findings)
        shown.print(f"draft of {name} saved, revision {saved.head.version}", markup=False)
    if any(each.severity == "error" for each in findings):
        raise typer.Exit(1)


def publish(
    name: NameArgument,
    by: ByOption,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give a template's draft to customers: within two seconds, without a restart."""
    _published(
        brand,
        lambda of, now: publish_draft(of, name, by=by, now=now, note=note, revision=revision),
        as_json=as_json,
    )


def rollback(
    name: NameArgument,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="Its number; 0 is the file", min=0)],
    by: ByOption,
    note: NoteOption = "",
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give an earlier version to customers again, as a new version: nothing is ever rewritten. A draft stays."""
    _published(
        brand,
        lambda of, now: roll_back(of, name, version, by=by, now=now, note=note, revision=revision),
        as_json=as_json,
    )


def discard(
    name: NameArgument,
    by: ByOption,
    revision: RevisionOption = None,
    brand: BrandOption = "",
    as_json: JsonOption = False,
) -> None:
    """Throw a template's draft away. What customers get stays."""
    head = on_templates(brand, lambda of, now: discard_draft(of, name, by=by, now=now, revision=revision))
    if as_json:
        print_json({"revision": head.version})
    else:
        shown.print(f"draft of {name} discarded, revision {head.version}", markup=False)


def on_templates(named: str, work: Work) -> Any:  # noqa: ANN401 - whatever the work gives
    """What is done with the templates of a brand."""

    async def run(here: Installation, brand: str) -> Any:  # noqa: ANN401 - the same
        return await work(await templates_now(here, brand), here.clock.now())

    return on_brand(named, "each brand has templates of its own: name one with --brand", run)


def read_source(file: Path) -> str:
    """The text of a file, byte for byte once it is UTF-8 again. Ends the command if it cannot be read."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        fail(f"{file}: cannot be read: {error.strerror}")
    if len(raw) > MOST_BYTES:
        fail(f"{file}:1: is too large; at most {MOST_BYTES} bytes are read")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        fail(f"{file}:{not_utf8_at(raw, error)}: is not UTF-8")


def not_utf8_at(raw: bytes, error: UnicodeDecodeError) -> str:
    """Line and column of the first byte that is not UTF-8."""
    before = raw[: error.start]
    column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
    line = before.count(b"\n") + 1
    return f"{line}:{column}"


def say_findings(findings: list[TemplateFinding]) -> None:
    """Findings as editors understand them, one a line."""
    for each in findings:
        where = f"{each.file}:{each.line}:{each.column}"
        shown.print(f"{plain(where)}: {each.severity}: {plain(each.message)}", markup=False)


def _published(brand: str, work: Publishing, *, as_json: bool) -> None:
    """Give customers another version, and say which."""
    say_published(
        on_templates(brand, work),
        lambda published: published_shown(published).model_dump(mode="json", exclude_none=True),
        _in_words,
        as_json=as_json,
    )


def _in_words(published: Published) -> str:
    version = published.version
    return (
        f"version {version.number} of {version.name} is published (revision {published.revision});"
        " every process says it within two seconds"
    )


def _say_difference(found: Difference) -> None:
    for line in found.text.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        shown.print(plain(line), style=style, markup=False)
    if found.unrendered:
        shown.print(f"\nWhat customers get cannot be compared:\n{plain(found.unrendered)}", markup=False)
        return
    shown.print(f"\n{len(found.rendered)} of {found.compared} results for made-up customers differ", markup=False)
    seen = _seen(found)
    for change, channels in list(seen.items())[:_SHOWN_CHANGES]:
        _say_change(change, channels)
    if len(seen) > _SHOWN_CHANGES:
        shown.print(f"and {len(seen) - _SHOWN_CHANGES} more: --json shows all", markup=False)


def _seen(found: Difference) -> dict[Seen, list[str]]:
    """What customers see differently, with the channels on which they see just this."""
    seen: dict[Seen, list[str]] = {}
    for each in found.rendered:
        before, after = (preview.messages if preview is not None else () for preview in (each.before, each.after))
        seen.setdefault((each.customer, each.locale, before, after), []).append(each.channel)
    return seen


def _say_change(change: Seen, channels: list[str]) -> None:
    customer, locale, before, after = change
    shown.print(f"\n{customer}, {locale}, {', '.join(channels)}", markup=False, style="bold")
    for sign, style, messages in (("-", "red", before), ("+", "green", after)):
        for line in "\n".join(messages).splitlines():
            shown.print(f"{sign} {plain(line)}", style=style, markup=False)
