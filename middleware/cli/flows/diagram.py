"""`throughline flows diagram`: a flow as a picture."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.checking.written import written_flow
from flows.diagram.graph import graph_of
from flows.diagram.mermaid import mermaid_of
from flows.diagram.svg import svg_of
from middleware.cli.flows.folders import FlowsOption, flow_file, read, shown_path
from middleware.cli.output import chatter, reasons


class Drawn(StrEnum):
    """How a flow is drawn."""

    SVG = "svg"
    MERMAID = "mermaid"


_DRAW = {Drawn.SVG: svg_of, Drawn.MERMAID: mermaid_of}


def diagram(
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="A flow by name, or its file")],
    flows: FlowsOption = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output without it")] = None,
    form: Annotated[Drawn, typer.Option("--format", help="A picture, or text that Mermaid draws")] = Drawn.SVG,
) -> None:
    """Draw a flow: what starts it, its steps, and every way through them."""
    with reasons():
        file = flow_file(flow, flows)
        drawn = _DRAW[form](graph_of(written_flow(read(file), shown_path(file)).file))
        if out is None:
            sys.stdout.write(drawn)
            return
        out.write_text(drawn, encoding="utf-8")
    chatter.print(f"written to {out}", markup=False)
