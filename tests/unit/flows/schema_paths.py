"""The dotted paths of plain values, as the schema names them."""

from collections.abc import Iterator
from typing import Any


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every dotted path in plain data; elements of lists count as fields of them."""
    if path:
        yield path
    if isinstance(value, dict) and set(value) != {"amount", "currency", "exponent"}:
        for name, inner in value.items():
            yield from paths(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from (inner_path for inner_path in paths(inner, path) if inner_path != path)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in plain data, with its dotted path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
