"""`throughline flows list`, `show` and `schema`: what there is, what one flow does, and how files are written."""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from flows.checking.written import WrittenFlow, written_flow
from flows.diagram.graph import starts
from flows.engine.step_table import action_of, row_of
from flows.json_schemas import NAMES, SchemaName, json_schema
from flows.language.suggest import did_you_mean
from middleware.cli.flows.folders import FlowsOption, flow_file, known_flows, read, shown_path
from middleware.cli.output import USAGE, fail, print_json, reasons, shown
from middleware.cli.places import JsonOption, plain


def list_(flows: FlowsOption = None, as_json: JsonOption = False) -> None:
    """List the flows in the order in which they are tried. Needs no server, store or settings."""
    with reasons():
        known = [written_flow(read(file), shown_path(file)) for file in known_flows(flows).values()]
    known.sort(key=lambda each: -each.flow.priority)
    if as_json:
        print_json([_summary(each) for each in known])
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("flow", "priority", "needs", "purpose"):
        table.add_column(column, overflow="fold")
    for each in known:
        cells = (each.flow.name, str(each.flow.priority), ", ".join(sorted(each.flow.needs)), each.flow.purpose)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    shown.print(table)


def show(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="A flow by name, or its file")],
    flows: FlowsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a flow step by step: what starts it, and what it does."""
    with reasons():
        file = flow_file(flow, flows)
        written = written_flow(read(file), shown_path(file))
    if as_json:
        steps = [{"place": ".".join(map(str, place)), "does": action_of(step).removesuffix("_"),
                  "says": row_of(step).label(step), "when": step.when} for step, place in written.steps()]  # fmt: skip
        print_json({**_summary(written), "steps": steps})
        return
    for line in _lines(written):
        shown.print(plain(line), markup=False, emoji=False)


def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"The kind of file: {', '.join(NAMES)}")],
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    wanted: SchemaName | None = next((name for name in NAMES if name == kind), None)
    if wanted is None:
        fail(f"no schema {kind!r}{did_you_mean(kind, NAMES)}; there are {', '.join(NAMES)}", USAGE)
    print_json(json_schema(wanted))


def _summary(written: WrittenFlow) -> dict[str, Any]:
    flow = written.flow
    return {
        "flow": flow.name,
        "purpose": flow.purpose,
        "file": flow.file,
        "version": flow.version,
        "priority": flow.priority,
        "needs": sorted(flow.needs),
        "when": flow.when.source if flow.when is not None else None,
        "triggers": written.file.triggers.model_dump(mode="json", exclude_defaults=True),
        "says": sorted({reply.template for reply in flow.replies()}),
    }


def _lines(written: WrittenFlow) -> list[str]:
    """The flow as it would be read aloud, with the depth of each step."""
    flow = written.flow
    lines = [f"{flow.name} ({flow.file})", flow.purpose, "", "starts with"]
    lines += [f"  {line}" for line in starts(written.file)]
    if flow.when is not None:
        lines += ["when", f"  {flow.when.source}"]
    lines.append("does")
    branch = ""
    for step, place in written.steps():
        depth = sum(isinstance(part, int) for part in place)
        inside = ".".join(str(part) for part in place[:-1])
        if inside != branch and depth > 1 and place[-1] == 0:
            lines.append(f"{'  ' * (depth * 2 - 2)}{place[-2]}:")
        branch = inside
        condition = f"  (when {step.when})" if step.when is not None else ""
        word = "if " if step.if_ is not None else ""
        lines.append(f"{'  ' * (depth * 2 - 1)}- {word}{row_of(step).label(step)}{condition}")
    return lines
