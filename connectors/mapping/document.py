"""YAML files of mappings, read so that every error can name file, line and column.

Anchors, aliases and double keys are refused: files are meant to be read aloud, and an alias can blow up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from middleware.errors import MappingError

FILE_BYTES = 256 * 1024
DEEPEST = 12

Place = tuple[str | int, ...]
"""The keys and positions that lead to one value."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class MappingFileError(MappingError):
    """A file that cannot be used, with everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where: `places` gives line and column at which each value begins, `keys` each name."""

    file: str
    data: Any
    places: dict[Place, tuple[int, int]]
    keys: dict[Place, tuple[int, int]]

    def error(self, place: Place, message: str, *, key: bool = False) -> Finding:
        """A finding at a value, or at the nearest one around it that is there; `key`: at its name."""
        if key and place in self.keys:
            return Finding(self.file, *self.keys[place], message)
        short = tuple(each for each in place if each != "from")  # where paths stand in place of the whole group
        place = short if place not in self.places and short in self.places else place
        while place and place not in self.places:
            place = place[:-1]
        return Finding(self.file, *self.places.get(place, (1, 1)), message)


def text_of(path: Path) -> str:
    """What a file holds. Raises MappingError."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        if len(raw) > FILE_BYTES:
            raise MappingFileError([Finding(str(path), 1, 1, f"is too large; at most {FILE_BYTES} bytes are read")])
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def read_document(text: str, file: str) -> Document:
    """The document in a YAML text. Raises MappingFileError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise MappingFileError([Finding(file, line, column, f"is no YAML: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise MappingFileError([Finding(file, 1, 1, f"is no YAML: {type(error).__name__}")]) from None
    reader = _Reader(file)
    data = reader.value(root, ())
    return Document(file, data, reader.places, reader.keys)


class _Reader:
    """Turns nodes into plain data and notes where they stand."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.places: dict[Place, tuple[int, int]] = {}
        self.keys: dict[Place, tuple[int, int]] = {}
        self._seen: set[int] = set()
        self._scalars = yaml.SafeLoader("")

    def value(self, node: yaml.Node | None, place: Place) -> object:
        if node is None:
            return None
        if id(node) in self._seen:
            raise self._refused(node, "anchors and aliases are not read; write it out")
        if len(place) > DEEPEST:
            raise self._refused(node, "is too deep inside other values")
        self._seen.add(id(node))
        self.places[place] = _mark(node)
        match node:
            case yaml.MappingNode():
                return dict(self._pairs(node, place))
            case yaml.SequenceNode():
                return [self.value(child, (*place, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _refused(self, node: yaml.Node, message: str) -> MappingFileError:
        return MappingFileError([Finding(self._file, *_mark(node), message)])

    def _scalar(self, node: yaml.Node) -> object:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            raise self._refused(node, "this value cannot be read; put it in quotes") from None

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, object]]:
        known: set[str] = set()
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._refused(key, "a name must be a text")
            if key.value in known:
                raise self._refused(key, f"{key.value} is there twice")
            known.add(key.value)
            self.keys[*place, key.value] = _mark(key)
            yield key.value, self.value(child, (*place, key.value))


def _mark(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def parse(model: type[Model], document: Document) -> Model:
    """The document as a model. Raises MappingFileError that says for each mistake what to write instead."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise MappingFileError(_finding(document, model, dict(each)) for each in error.errors()) from None


_ADVICE = {
    "missing": "is missing; add it",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_type": "must be a text; put it in quotes",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a group of lines `name: value`",
    "model_type": "must be a group of lines `name: value`",
    "model_attributes_type": "must be a group of lines `name: value`",
}


def _finding(document: Document, model: type[BaseModel], mistake: dict[str, Any]) -> Finding:
    place: Place = tuple(each for each in mistake["loc"] if each != "[key]")
    where = ".".join(map(str, place)) or "the file"
    if mistake["type"] == "extra_forbidden":
        hint = did_you_mean(str(place[-1]), _known_names(model))
        return document.error(place, f"{where} is not known{hint}", key=True)
    message = _ADVICE.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
    return document.error(place, f"{where} {message}", key="[key]" in mistake["loc"])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing."""
    close = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _known_names(model: type[BaseModel]) -> set[str]:
    """The names of a model and of all models inside it, as they are written."""
    schema = model.model_json_schema(by_alias=True)
    definitions = [schema, *schema.get("$defs", {}).values()]
    return {name for definition in definitions for name in definition.get("properties", {})}
