"""Choosing fields: dotted paths such as `orders.latest.number`, checked against the models, and what stands there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from middleware.domain.context import BLOCKS, Block, Context
from middleware.handover.marks import fields_of
from middleware.handover.payload import Json

MOST_PATHS = 50
_LONGEST_PATH = 200

Wanted = dict[str, Any]
"""What is wanted, as a tree by name. An empty one is a whole value."""


class UnknownFieldError(ValueError):
    """A path that leads to nothing that a context can have."""


@dataclass(frozen=True, slots=True)
class Node:
    """What can stand at one path. `lists`: a list of it. `maps`: an object whose names are not known before.

    Of a block, `inside` are the names that lead into its value.
    """

    children: Mapping[str, "Node"] = field(default_factory=dict)
    lists: bool = False
    maps: bool = False
    inside: frozenset[str] = frozenset()


def selection(text: str) -> Wanted:
    """The tree of comma-separated paths. Raises UnknownFieldError, with what may have been meant."""
    paths = [path.strip() for path in text.split(",") if path.strip()]
    if not paths or len(paths) > MOST_PATHS:
        raise UnknownFieldError(f"name 1 to {MOST_PATHS} fields, comma-separated")
    wanted: Wanted = {}
    for path in sorted(set(paths), key=len):
        _want(wanted, _steps(path))
    return wanted


def blocks_of(wanted: Wanted) -> frozenset[str]:
    """The blocks that the fields stand in."""
    return frozenset(wanted) & frozenset(BLOCKS)


def selected(told: Json, wanted: Wanted) -> Json:
    """The wanted fields of what was handed over, as a tree: None, or an empty list, where nothing is known."""
    return {name: _picked(told.get(name), each, root().children[name]) for name, each in wanted.items()}


def paths() -> tuple[str, ...]:
    """Every path that can be named."""
    return tuple(_paths(root(), ""))


@cache
def root() -> Node:
    """The tree of all that a context can have."""
    return Node(_children(Context))


def _children(model: type[BaseModel]) -> dict[str, Node]:
    return {each.key: _node(model.model_fields[each.name].annotation) for each in fields_of(model)}


def _node(annotation: Any) -> Node:  # noqa: ANN401 - an annotation
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _node(parts[0])
    if origin is Union or type(annotation).__name__ == "UnionType":
        shapes = [_node(part) for part in parts]
        return next((shape for shape in shapes if shape.children or shape.lists or shape.maps), Node())
    if origin in {tuple, list}:
        return Node(_node(parts[0]).children, lists=True)
    if origin is dict:
        return Node(maps=True)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        children = _children(annotation)
        inside = children["value"].children if issubclass(annotation, Block) else {}
        return Node({**children, **inside}, inside=frozenset(inside))
    return Node()


def _steps(path: str) -> list[str]:
    """The names along a path. Behind an object with names of its own, all that is left is one name."""
    if len(path) > _LONGEST_PATH:
        raise UnknownFieldError(f"a field's path has at most {_LONGEST_PATH} characters")
    node, steps, names = root(), list[str](), path.split(".")
    for place, name in enumerate(names):
        if node.maps:
            return [*steps, ".".join(names[place:])]
        if name not in node.children:
            raise UnknownFieldError(f"there is no field {path!r}{_meant(path)}")
        node = node.children[name]
        steps.append(name)
    return steps


def _meant(path: str) -> str:
    near = get_close_matches(path, paths(), n=1)
    return f" - did you mean {near[0]}?" if near else "; docs/context.md lists them"


def _want(wanted: Wanted, steps: list[str]) -> None:
    """Put a path into the tree. Who wants a whole has its parts: shorter paths come first."""
    for place, step in enumerate(steps):
        if step in wanted and not wanted[step]:
            return
        wanted = wanted.setdefault(step, {})
        if place == len(steps) - 1:
            return


def _picked(value: Any, wanted: Wanted, node: Node) -> Any:  # noqa: ANN401 - what stands at a path
    if node.lists and value is None:
        return []
    if not wanted:
        return value
    if isinstance(value, list):
        return [_picked(each, wanted, Node(node.children)) for each in value]
    found = value if isinstance(value, dict) else {}
    within = found.get("value") or {}
    return {
        name: _picked((within if name in node.inside else found).get(name), each, node.children.get(name, Node()))
        for name, each in wanted.items()
    }


def _paths(node: Node, before: str) -> Iterator[str]:
    for name, child in node.children.items():
        yield f"{before}{name}"
        yield from _paths(child, f"{before}{name}.")
