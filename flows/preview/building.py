"""Values built from the schema, or changed text by text along it: a new field is in them by itself."""

from collections.abc import Callable, Mapping

from flows.language.program import Value
from flows.schema import SCHEMA, Field, field_of
from flows.values import Values

Leaf = Callable[[Field], Value]
Words = Callable[[Field, str], str]

_CHILDREN: dict[str, list[Field]] = {}
for _field in SCHEMA.values():
    _CHILDREN.setdefault(_field.path.rpartition(".")[0], []).append(_field)


def children_of(path: str) -> tuple[Field, ...]:
    """The fields of a group, or of each element of a list; with an empty path the groups themselves."""
    return tuple(_CHILDREN.get(path, ()))


def last_word(path: str) -> str:
    """The last word of a dotted path."""
    return path.rpartition(".")[2]


def through_lists(path: str) -> str:
    """A dotted path as it is written in a source outside of loops: through the first of each list."""
    words = path.split(".")
    written = words[0]
    for count, word in enumerate(words[1:], start=1):
        inside = SCHEMA[".".join(words[:count])]
        written = f"({written} | first).{word}" if inside.sort == "list" else f"{written}.{word}"
    return written


def built(leaf: Leaf, items: int) -> Values:
    """Every value that the schema names, lists with so many elements, and what `leaf` gives for each value in them."""
    return _group("", leaf, items)


def reworded(values: Mapping[str, Value], words: Words) -> Values:
    """The same values with other texts: `words` gives each, from its field and what it was. Dates are none."""
    return {name: _reworded(value, name, words) for name, value in values.items()}


def _group(path: str, leaf: Leaf, items: int) -> Values:
    return {last_word(field.path): _value(field, leaf, items) for field in children_of(path)}


def _value(field: Field, leaf: Leaf, items: int) -> Value:
    inside = children_of(field.path)
    if field.sort == "list":
        return [_group(field.path, leaf, items) if inside else leaf(field) for _ in range(items)]
    if field.sort == "group" and not inside:
        # What is in it only settings know: there is nothing until something is looked up.
        return {}
    return _group(field.path, leaf, items) if inside else leaf(field)


def _reworded(value: Value, path: str, words: Words) -> Value:
    field = field_of(path)
    match value:
        case dict():
            return {name: _reworded(inner, f"{path}.{name}", words) for name, inner in value.items()}
        case list():
            return [_reworded(inner, path, words) for inner in value]
        case str() if field is not None and field.sort in {"text", "list"}:
            return words(field, value)
    return value
