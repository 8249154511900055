"""Every sentence that the core can say on a page of the console, read off its code; and those of Jinja2."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import jinja2

ROOT = Path(__file__).parent.parent
HOLE = "\0"
"""Stands for a value."""

SPOKEN = (
    "flows/**/*.py",
    "middleware/domain/fitting/*.py",
    "middleware/domain/agents.py",
    "middleware/domain/capabilities.py",
    "middleware/domain/engine_*.py",
    "middleware/domain/forms.py",
    "middleware/domain/look_up_reading.py",
    "middleware/domain/on_demand.py",
    "middleware/pipeline/again/deciding.py",
    "middleware/pipeline/decide.py",
    "middleware/pipeline/engines.py",
    "middleware/pipeline/enriching.py",
    "middleware/pipeline/live_*.py",
    "middleware/pipeline/recommending/gathering.py",
    "middleware/pipeline/releases/*.py",
    "middleware/pipeline/templates/*.py",
    "middleware/pipeline/trace/*.py",
    "connectors/mapping/*.py",
    "connectors/body.py",
    "connectors/form.py",
    "middleware/identity/candidates.py",
    "middleware/identity/merging.py",
    "middleware/pipeline/merging.py",
    "middleware/pipeline/undoing.py",
    "middleware/pipeline/weighing.py",
    "middleware/pipeline/normalise.py",
    "middleware/pipeline/note.py",
    "middleware/pipeline/pacing.py",
    "middleware/pipeline/replay.py",
    "middleware/pipeline/send.py",
    "middleware/pipeline/site_ties.py",
    "middleware/jobs/asking.py",
    "middleware/jobs/leads.py",
    "middleware/jobs/passing.py",
    "middleware/worker.py",
    "connectors/batch.py",
    "connectors/engines/calling.py",
    "connectors/look_ups.py",
    "connectors/pulling.py",
    "connectors/meta.py",
    "connectors/meta_items.py",
    "connectors/meta_leads.py",
    "connectors/meta_messaging.py",
    "connectors/channels/webchat/envelope.py",
    "connectors/channels/webchat/items.py",
    "connectors/channels/whatsapp/content.py",
    "connectors/channels/whatsapp/envelope.py",
    "connectors/channels/whatsapp/items.py",
    "connectors/channels/whatsapp/people.py",
    "connectors/sources/**/*.py",
)
"""Where the core makes sentences that pages show. Whatever is new in these folders is one unless it stands below."""

UNSPOKEN = {
    "flows/checking/codes.py": "the reference",
    "flows/diagram/layout.py": "numbers",
    "flows/diagram/mermaid.py": "a diagram for files",
    "flows/diagram/svg.py": "a drawing",
    "flows/diagram/words.py": "how wide words are",
    "flows/engine/captures.py": "patterns of what customers write",
    "flows/engine/key_table.py": "the reference",
    "flows/engine/language_guess.py": "words of customers",
    "flows/engine_values.py": "mistakes in the settings",
    "flows/flows_reference.py": "the reference",
    "flows/json_schemas.py": "schemas for editors",
    "flows/markdown.py": "the reference",
    "flows/preview/building.py": "how a value is written",
    "flows/preview/customers.py": "made-up people",
    "flows/preview/picking.py": "options of a command",
    "flows/preview/real.py": "options of a command",
    "flows/publishing/previews.py": "what is drawn of a message",
    "flows/questions.py": "words of customers",
    "flows/reference.py": "the reference",
    "flows/said.py": "names that tools ask for",
    "flows/schema.py": "what values are: completed in the editors",
    "flows/templates/rewriting.py": "for the log: the page says it is not in the form",
    "flows/templates/scalars.py": "the same",
    "flows/trying/expecting.py": "both sides of a test, as its file has them",
    "flows/trying/junit.py": "a file for machines",
    "flows/trying/recording.py": "a command",
}
"""What stands in those folders and on no page as a sentence, and why."""

_ONLY_CALLS = {"flows/language/filters/table.py": {"Argument"}}
"""Of these files only what these calls are given."""

_FOR_NO_PAGE = {"compile", "Field", "StringConstraints", "AssertionError", "StoreUnavailable"}
"""Calls that are given texts which no page shows: patterns, what must not be, and that the store is away."""

_TELLS = {"because", "note", "Ends", "WaitsOn"}
"""Calls that are given a sentence, also of one word."""

_ENDINGS = {"did_you_mean"}
"""Calls that make an ending, which any sentence can have or not: it has a pattern of its own."""

_NO_SENTENCE = {"about", "written", "example", "action", "description", "pattern", "source"}
"""Arguments, by name, that are none."""

_NEVER_SAID = {
    "updated_at asc": "an order for a shop's answer",
    "Value error, ": "put before a message by pydantic, and taken away again",
    "Throughline mapping": "the title of a schema",
    "Throughline ownership": "the same",
    "\\ No newline at end of file": "a difference of files",
}
"""Texts that are none, and why."""

_JINJA = ("lexer.py", "parser.py")
_OF_JINJA_ITSELF = (
    "wanted to resolve",
    "yielded empty string",
    "internal parsing error",
    "invalid state",
    "operators dropped",
)
"""Faults in Jinja2's own tables, which no source can bring about."""


@dataclass(frozen=True, slots=True)
class Made:
    """A sentence, or a part of one, with holes for its values; and where it is made."""

    place: str
    text: str


def sentences() -> list[Made]:
    """All of them, in the order of files and lines."""
    found = [each for path in _files() for each in _in(path, str(path.relative_to(ROOT)))]
    inside = Path(jinja2.__file__).parent
    of_jinja = (each for name in _JINJA for each in _in(inside / name, f"jinja2/{name}"))
    calls = [each for each in of_jinja if not any(part in each.text for part in _OF_JINJA_ITSELF)]
    return [*found, *calls]


def _files() -> list[Path]:
    every = {path for pattern in SPOKEN for path in ROOT.glob(pattern)}
    return sorted(path for path in every if str(path.relative_to(ROOT)) not in UNSPOKEN)


def _in(path: Path, name: str) -> Iterator[Made]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only = _ONLY_CALLS.get(name)
    looking = _Looking(name)
    if only is None:
        looking.visit(tree)
    else:
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _called(call) in only:
                looking.visit(call)
    yield from looking.found


class _Looking(ast.NodeVisitor):
    """Gathers the texts of a file that are written to be read: what has a word in it and stands for itself."""

    def __init__(self, name: str) -> None:
        self.found: list[Made] = []
        self._name = name

    def visit_Expr(self, node: ast.Expr) -> None:
        """A text that stands alone is a docstring."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """What is logged, or handed to what no page shows, is read by nobody here."""
        if _called(node) in _FOR_NO_PAGE:
            return
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
        ):
            return
        if _called(node) in _TELLS:
            self._take(node.args[:1], any_word=True)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """Arguments that are no sentences by their name."""
        if node.arg not in _NO_SENTENCE:
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A text."""
        self._take([node])

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text with values in it, and the texts in those."""
        self._take([node])
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _take(self, nodes: list[ast.expr], *, any_word: bool = False) -> None:
        for node in nodes:
            for text in dict.fromkeys(line for whole in _texts(node) for line in whole.split("\n")):
                words = text.replace(HOLE, " ").split()
                is_sentence = any(word.strip(".,:;()'\"").isalpha() and word.islower() for word in words)
                if is_sentence and text not in _NEVER_SAID and (any_word or " " in text.strip()):
                    self.found.append(Made(f"{self._name}:{node.lineno}", text))


def _texts(node: ast.expr) -> Iterator[str]:
    """What an expression can say: each way of it where a part is one of two texts."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield from ("".join(parts) for parts in product(*(list(_texts(each)) for each in values)))
        case ast.FormattedValue(value=ast.Call() as call) if _called(call) in _ENDINGS:
            yield ""
        case ast.FormattedValue(value=ast.IfExp(body=body, orelse=orelse)):
            yield from (text for side in (body, orelse) for text in _texts(side))
        case _:
            yield HOLE


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
