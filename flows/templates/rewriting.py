"""A YAML file changed value by value: what is not changed keeps every byte, comments and ways of writing among it.

What comes out is read again, and has to say what was wanted: where a file is written in a way that cannot be changed
so, it is refused, and nothing is guessed.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import yaml

from flows.files import Place, read_document
from flows.templates.scalars import block, in_style, quoted
from middleware.errors import FlowError

Written = str | int | list[dict[str, str]] | dict[str, Any] | None
"""What can be put at a place; None removes what is there."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = 2


class NotInTheForm(FlowError):  # noqa: N818 - a verdict on how a file is written
    """The file is written in a way in which this cannot be changed value by value."""


def rewritten(source: str, changes: Mapping[Place, Written]) -> str:
    """The source with these values. Raises FlowFileError for what is no YAML, and NotInTheForm."""
    for place, value in changes.items():
        source = _put(source, place, value)
    return source


def _put(source: str, place: Place, value: Written) -> str:
    wanted = _with(read_document(source, "template").data, place, value)
    changed = _Sheet(source).put(place, value)
    try:
        read = read_document(changed, "template").data
    except FlowError:
        read = None
    if not _same(read, wanted):
        raise NotInTheForm(f"{'.'.join(map(str, place))} is written in a way that only the source can change")
    return changed


def _with(data: Any, place: Place, value: Written) -> Any:  # noqa: ANN401 - whatever stands in the file
    whole = deepcopy(data)
    inside = whole
    for key in place[:-1]:
        if not isinstance(inside, dict):
            raise NotInTheForm("the file is not built as a template is")
        inside = inside.setdefault(key, {})
    if not isinstance(inside, dict):
        raise NotInTheForm("the file is not built as a template is")
    if value is None:
        inside.pop(place[-1], None)
    else:
        inside[place[-1]] = value
    return whole


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - whatever stands in the file
    """Whether two documents say the same. The end of the last line of a text says nothing."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
        case str(), str():
            return one.rstrip("\n") == other.rstrip("\n")
    return type(one) is type(other) and bool(one == other)


class _Sheet:
    """A source and the nodes that it is made of."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._root = yaml.compose(source, Loader=_LOADER)
        self._newline = "\r\n" if "\r\n" in source else "\n"

    def put(self, place: Place, value: Written) -> str:
        """The source with this value at the place."""
        parent, depth = self._nearest(place[:-1])
        key, node = self._child(parent, place[depth])
        if depth < len(place) - 1 or node is None:
            return self._inserted(parent, place[depth:], value) if value is not None else self._source
        if value is None:
            return self._removed(parent, key, node)
        if isinstance(node, yaml.SequenceNode) and isinstance(value, list) and not node.flow_style and value:
            return self._of_items(node, value)
        if isinstance(node, yaml.ScalarNode) and isinstance(value, str):
            return self._of_text(parent, node, value)
        if node.start_mark.line == key.start_mark.line:
            return self._cut(node.start_mark.index, self._end(node), json.dumps(value, ensure_ascii=False))
        raise NotInTheForm("only the source can change this")

    def _nearest(self, place: Place) -> tuple[yaml.MappingNode, int]:
        """The innermost mapping on the way to a place that is there, and how many steps lead to it."""
        node = self._root
        for depth, key in enumerate(place):
            if not isinstance(node, yaml.MappingNode):
                raise NotInTheForm("the file is not built as a template is")
            _, child = self._child(node, key)
            if child is None:
                return node, depth
            node = child
        if not isinstance(node, yaml.MappingNode):
            raise NotInTheForm("the file is not built as a template is")
        return node, len(place)

    @staticmethod
    def _child(parent: yaml.MappingNode, name: str | int) -> tuple[Any, Any]:
        return next(((key, node) for key, node in parent.value if key.value == name), (None, None))

    def _of_text(self, parent: yaml.MappingNode, node: yaml.ScalarNode, text: str) -> str:
        start, end = node.start_mark.index, self._end(node)
        if "\n" not in text and node.style not in {"|", ">"}:
            return self._cut(start, end, in_style(text, node.style))
        indent, head = self._column(parent) + _STEP, "|"
        if node.style in {"|", ">"}:
            lines = self._source[start:end].splitlines()
            first = next((line for line in lines[1:] if line.strip()), "")
            indent = len(first) - len(first.lstrip(" ")) or indent
            head = "|" + lines[0].partition("#")[0].strip()[1:]
        behind = "" if node.style in {"|", ">"} else self._source[end : self._end_of_line(end)]
        # A remark behind the text goes behind the sign of the block: among its lines it would be a part of it.
        written = block(text.rstrip("\n"), indent, self._newline, head + behind.rstrip())
        if written is None or parent.flow_style:
            return self._cut(start, end, quoted(text.rstrip("\n")))
        return self._cut(start, end + len(behind), written)

    def _of_items(self, node: yaml.SequenceNode, items: Sequence[dict[str, str]]) -> str:
        """A list with other items. Those that stay are written as they were."""
        known = [(self._plain(each), self._source[each.start_mark.index : self._end(each)]) for each in node.value]
        indent = " " * node.start_mark.column
        lines = [next((text for data, text in known if data == item), None) or _flow(item) for item in items]
        return self._cut(node.start_mark.index, self._end(node), f"{self._newline}{indent}".join(
            f"- {line}" for line in lines))  # fmt: skip

    def _inserted(self, parent: yaml.MappingNode, place: Place, value: Written) -> str:
        """The source with a new key at the end of a mapping."""
        for key in reversed(place[1:]):
            value = {str(key): value}
        if parent.flow_style:
            at = parent.end_mark.index - 1
            comma = ", " if parent.value else ""
            return self._cut(at, at, f"{comma}{place[0]}: {json.dumps(value, ensure_ascii=False)}")
        at = self._end_of_line(self._end(parent))
        column = self._column(parent)
        lines = _lines(str(place[0]), value, column, self._newline)
        return self._cut(at, at, self._newline + lines)

    def _removed(self, parent: yaml.MappingNode, key: yaml.Node, node: yaml.Node) -> str:
        if parent.flow_style:
            raise NotInTheForm("only the source can change this")
        start = self._source.rfind("\n", 0, key.start_mark.index) + 1
        end = self._source.find("\n", self._end(node)) + 1 or len(self._source)
        return self._cut(start, end, "")

    def _cut(self, start: int, end: int, text: str) -> str:
        return self._source[:start] + text + self._source[end:]

    def _plain(self, node: yaml.Node) -> Any:  # noqa: ANN401 - whatever stands in the file
        match node:
            case yaml.MappingNode():
                return {str(key.value): self._plain(child) for key, child in node.value}
            case yaml.SequenceNode():
                return [self._plain(child) for child in node.value]
        return node.value

    @staticmethod
    def _column(parent: yaml.MappingNode) -> int:
        return int(parent.value[0][0].start_mark.column) if parent.value else 0

    def _end(self, node: yaml.Node) -> int:
        """Where what is written of a node ends: before space, remarks and empty lines that follow."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
            return self._end_of_block(start, end)
        return int(start + len(self._source[start:end].rstrip()))

    def _end_of_block(self, start: int, end: int) -> int:
        """Behind the last line of a block that has anything on it: empty lines behind it are none of its own."""
        lines = self._source[start:end].splitlines(keepends=True)
        while lines and not lines[-1].strip():
            lines.pop()
        return start + len("".join(lines).rstrip("\r\n"))

    def _end_of_line(self, at: int) -> int:
        found = self._source.find("\n", at)
        if found < 0:
            return len(self._source)
        return found - 1 if self._source[found - 1] == "\r" else found


def _lines(key: str, value: Any, column: int, newline: str) -> str:  # noqa: ANN401 - what `Written` has in it
    """A key with its value as lines of a block."""
    indent = " " * column
    match value:
        case dict():
            inside = (_lines(name, each, column + _STEP, newline) for name, each in value.items())
            return newline.join((f"{indent}{key}:", *inside))
        case list():
            return newline.join((f"{indent}{key}:", *(f"{indent}{' ' * _STEP}- {_flow(each)}" for each in value)))
        case str() if "\n" in value:
            written = block(value.rstrip("\n"), column + _STEP, newline)
            return f"{indent}{key}: {written or quoted(value)}"
        case str():
            return f"{indent}{key}: {quoted(value)}"
    return f"{indent}{key}: {json.dumps(value)}"


def _flow(item: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {quoted(text)}" for name, text in item.items()) + "}"
