"""The reference of flow files and their tests as a page, made from the tables that they are read and run by.

`python -m flows.flows_reference > docs/flows-reference.md` writes it anew; a test sees to it that it is current.
"""

import sys
from collections.abc import Iterable
from typing import Any, get_args

from flows.checking.codes import CODES
from flows.engine import model
from flows.engine.key_table import KEYS
from flows.engine.step_table import STEPS
from flows.files import FlowCode
from flows.json_schemas import json_schema
from flows.markdown import code, table
from middleware.domain.record import Record

_HEAD = """# Flow files: reference

Made by `python -m flows.flows_reference > docs/flows-reference.md` from the tables that flows are read and run by; a
test sees to it that it is current. [Adding a flow](adding-a-flow.md) is where to begin,
[testing flows](testing-flows.md) says how to try one. `throughline flows schema flow` prints the same for
editors, as JSON Schema.
"""

_PARTS: dict[str, type[Record]] = {
    "The flow": model.FlowFile,
    "Triggers": model.Triggers,
    "Beside what a step does": model.Step,
    "`ask`": model.AskFile,
    "`wait`": model.WaitFile,
    "`hand_over`": model.HandOverFile,
}
_AFTER_STEPS = "Beside what a step does"

_ORDER = "Triggers are tried in this order over all flows, in each of them higher priorities first.\n"
_STEPS = (
    "Each step does one thing. One that *answers* keeps other flows from being tried. Of a flow that has only noted "
    "something down the next one is tried, too.\n"
)
_FINDINGS = (
    "What `throughline flows check` finds beside [what is found in every file](templates-reference.md#findings), by "
    "the code that stands beside it in `--json` and in editors.\n"
)
_TEST_PARTS = {
    "A file of tests": "",
    "Each test": "FlowTestFile",
    "Each turn": "TurnFile",
    "`customer`, written out": "PersonFile",
    "Each of `replies`": "ReplyExpected",
    "Each of `effects`": "EffectExpected",
    "`state`": "StateExpected",
}


def page() -> str:
    """The reference, as Markdown."""
    return "\n".join([_HEAD, *_of_flows(), *_of_tests(), *_of_findings()]) + "\n"


def _of_flows() -> Iterable[str]:
    for title, part in _PARTS.items():
        if title == _AFTER_STEPS:
            yield from ("## Steps\n", _STEPS, table(("step", "does", "answers"), map(_step, STEPS)), "")
        yield f"## {title}\n"
        if part is model.Triggers:
            yield _ORDER
        yield table(("key", ""), ([code(key), about] for key, about in KEYS[part].items()))
        yield ""


def _step(name: str) -> list[str]:
    row = STEPS[name]
    return [code(row.written), row.about, "yes" if row.answers else ""]


def _of_tests() -> Iterable[str]:
    schema = json_schema("test")
    for title, name in _TEST_PARTS.items():
        part = schema["$defs"][name] if name else schema
        part = next((each for each in part.get("anyOf", ()) if "properties" in each), part)
        yield f"## {title}\n"
        yield table(("key", ""), ([code(key), _about(each)] for key, each in part["properties"].items()))
        yield ""


def _about(part: dict[str, Any]) -> str:
    about = str(part.get("description", ""))
    return about[:1].lower() + about[1:].rstrip(".")


def _of_findings() -> Iterable[str]:
    yield from ("## Findings\n", _FINDINGS)
    yield table(("code", "means"), ([code(name), CODES[name]] for name in get_args(FlowCode)))


if __name__ == "__main__":
    sys.stdout.write(page())
