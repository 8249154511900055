"""YAML files of flows and templates, read so that every error can name file and line.

Anchors, aliases and double keys are refused: files are meant to be read aloud, and an alias can blow up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from flows.language.suggest import did_you_mean
from middleware.errors import FlowError

FILE_BYTES = 64 * 1024

Place = tuple[str | int, ...]
"""The keys and positions that lead to one value."""

Severity = Literal["error", "hint"]

Code = Literal[
    "unreadable",
    "structure",
    "language",
    "unknown-value",
    "wrong-sort",
    "can-be-missing",
    "empty-default",
    "plural-forms",
    "empty-fallback",
    "value-in-fallback",
    "fallback-too-long",
    "says-nothing",
    "can-grow",
    "too-long",
    "too-many",
    "shown-otherwise",
    "file-type",
    "missing-locale",
    "other-language",
    "variants",
    "approved",
    "above-level",
]
"""What kind of finding it is: stays the same whatever the message says, so that an editor or a script can tell."""

FlowCode = Literal[
    "unknown-template",
    "undeclared-block",
    "unknown-link",
    "unknown-answer",
    "not-looked-up",
    "not-recommended",
    "unknown-field",
    "read-too-early",
    "unused-look-up",
    "no-choices",
    "unreachable",
    "never-holds",
    "asks-again",
    "unused-answer",
    "unused-link",
    "dead-button",
    "same-phrase",
    "shadowed-phrase",
    "longer-phrase",
    "never-starts",
    "reply-lacks-locale",
]
"""The same of a finding between the steps of a flow, or between flows and templates."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml where it is there: twenty times as fast, and it refuses what is nested a thousand deep."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend in a file.

    An `error` keeps it from being used, a `hint` does not. Lines and columns count from 1.
    """

    file: str
    line: int
    severity: Severity
    message: str
    column: int = 1
    code: Code | FlowCode = "structure"

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" if self.column > 1 else f"{self.line}"
        return f"{self.file}:{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where: `lines` gives the line on which each value begins, `columns` how many characters
    stand before the text of it on each of its lines, where that is so.
    """

    file: str
    data: Any
    lines: dict[Place, int]
    columns: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def within(
        self, place: Place, line: int, column: int, severity: Severity, message: str, code: Code | FlowCode = "language"
    ) -> Finding:
        """A finding inside a text: at this line and column of it, counted from 1."""
        before = self.columns.get(place, 0)
        return Finding(self.file, self.line(place) + line - 1, severity, message, before + column, code)

    def error(self, place: Place, message: str, code: Code = "structure") -> Finding:
        """A finding that keeps the file from being used."""
        return Finding(self.file, self.line(place), "error", message, code=code)

    def hint(self, place: Place, message: str, code: Code = "structure") -> Finding:
        """A finding worth mending."""
        return Finding(self.file, self.line(place), "hint", message, code=code)


class FlowFileError(FlowError):
    """A file that cannot be used. `findings` are the errors, in order, at least one."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))


def refuse(findings: Iterable[Finding]) -> None:
    """Raise FlowFileError for the errors among the findings, if there are any."""
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise FlowFileError(*errors)


def _unreadable(file: str, line: int, message: str) -> FlowFileError:
    return FlowFileError(Finding(file, line, "error", message, code="unreadable"))


def read_document(text: str, file: str) -> Document:
    """The document in a YAML text. Raises FlowFileError naming file and line."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _unreadable(file, 1, "contains half of a character (a surrogate)") from None
    if size > FILE_BYTES:
        raise _unreadable(file, 1, f"is too large; at most {FILE_BYTES} bytes are read")
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = min(error.problem_mark.line, text.count("\n")) + 1 if error.problem_mark else 1
        raise _unreadable(file, line, f"is no YAML: {error.problem}") from None
    except yaml.reader.ReaderError as error:
        # Its own place is one of bytes, or of characters: it depends on who reads.
        line = text.count("\n", 0, text.find(chr(error.character))) + 1
        raise _unreadable(file, line, f"is no YAML: U+{error.character:04X} is no character of a text") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _unreadable(file, 1, f"is no YAML: {type(error).__name__}") from None
    reader = _Reader(file, text.splitlines())
    data = reader.value(root, ())
    return Document(file, data, reader.lines, reader.columns)


class _Reader:
    """Turns nodes into plain data and notes where they stand."""

    def __init__(self, file: str, text: list[str]) -> None:
        self.lines: dict[Place, int] = {}
        self.columns: dict[Place, int] = {}
        self._file = file
        self._text = text
        self._seen: set[int] = set()
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node | None, place: Place) -> object:
        if node is None:
            return None
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise _unreadable(self._file, line, "anchors and aliases are not read; write it out")
        self._seen.add(id(node))
        self.lines[place] = line
        if isinstance(node, yaml.ScalarNode):
            self._note_text(node, place)
        match node:
            case yaml.MappingNode():
                return dict(self._pairs(node, place))
            case yaml.SequenceNode():
                return [self.value(child, (*place, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, line)

    def _note_text(self, node: yaml.ScalarNode, place: Place) -> None:
        """Where the text of a scalar stands: that of a block begins on the line below its sign, indented."""
        line, column = node.start_mark.line, node.start_mark.column
        if node.style in {"|", ">"}:
            self.lines[place] = line + 2
            first = self._text[line + 1] if line + 1 < len(self._text) else ""
            self.columns[place] = len(first) - len(first.lstrip(" "))
        elif node.end_mark.line == line:
            self.columns[place] = column + (node.style in {'"', "'"})

    def _scalar(self, node: yaml.Node, line: int) -> object:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, AttributeError):
            # A tag such as !!bool or !!timestamp that does not fit what stands behind it.
            raise _unreadable(self._file, line, "this value cannot be read; put it in quotes") from None

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, object]]:
        known: set[str] = set()
        for key, child in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in known:
                raise _unreadable(self._file, line, f"{name} is there twice")
            known.add(name)
            yield name, self.value(child, (*place, name))
            if not isinstance(child, yaml.ScalarNode):
                self.lines[*place, name] = line


def parse(model: type[Model], document: Document) -> Model:
    """The document as a model. Raises FlowFileError that says for each mistake what to write instead."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        mistakes = [dict(mistake) for mistake in error.errors()]
        refuse(_finding(document, model, each) for each in mistakes if not _is_hollow(each, mistakes))
        raise


def _is_hollow(mistake: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    """Whether a list counts as empty only because nothing in it could be read."""
    place = mistake["loc"]
    inside = (other["loc"] for other in others if len(other["loc"]) > len(place))
    return mistake["type"] == "too_short" and any(loc[: len(place)] == place for loc in inside)


_ADVICE = {
    "missing": "is missing; add it",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is not written right: small letters, digits and _ (a language: en or de_AT)",
    "string_type": "must be a text; put it in quotes",
    "list_type": "must be a list: one line for each, beginning with -",
    "tuple_type": "must be a list: one line for each, beginning with -",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "dict_type": "must be a group of lines `name: value`",
    "model_type": "must be a group of lines `name: value`",
}


def _finding(document: Document, model: type[BaseModel], mistake: dict[str, Any]) -> Finding:
    place: Place = tuple(mistake["loc"])
    where = ".".join(map(str, place)) or "the file"
    if mistake["type"] == "extra_forbidden":
        message = f"is not known{did_you_mean(str(place[-1]), _known_fields(model))}"
    else:
        message = _ADVICE.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
    return document.error(place, f"{where} {message}")


def _known_fields(model: type[BaseModel]) -> set[str]:
    """The names of fields of a model and of all models inside it."""
    definitions = model.model_json_schema().get("$defs", {}).values()
    fields = {name for definition in definitions for name in definition.get("properties", {})}
    return fields | {field.alias or name for name, field in model.model_fields.items()}
