"""What is handed to an agent: where customers' words may stand, and how they are fenced in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.context import Context
from middleware.mcp_server.handing_over import NOTICE, UNTRUSTED, fenced


def _fields(schema: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """The fields of a shape of a JSON schema, behind references, alternatives and lists."""
    if "$ref" in shape:
        return _fields(schema, schema["$defs"][shape["$ref"].rpartition("/")[2]])
    if "anyOf" in shape:
        return {name: each for one in shape["anyOf"] for name, each in _fields(schema, one).items()}
    if "items" in shape:
        return _fields(schema, shape["items"])
    return dict(shape.get("properties", {}))


@pytest.mark.parametrize("path", UNTRUSTED)
def test_every_part_that_is_named_is_there(path: str) -> None:
    """Each path of `untrusted` is one of the context's schema: a part that is renamed does not become trusted."""
    schema = Context.model_json_schema(by_alias=True)
    at: dict[str, Any] = schema
    for word in path.removeprefix("context.").replace("[]", "").split("."):
        fields = _fields(schema, at)
        assert word in fields
        at = fields[word]


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text(max_size=20), max_size=3), max_size=4))
def test_data_is_fenced_in_whatever_it_says(data: dict[str, Any]) -> None:
    """Between the two lines stands the data, nothing in it ends the fence, and nothing in the text is unseen."""
    text = fenced(data)
    notice, where, opening, *lines, closing = text.split("\n")
    mark = opening.removeprefix("<data ").removesuffix(">")
    assert notice == NOTICE
    assert mark in where
    assert closing == f"</data {mark}>"
    assert json.loads("\n".join(lines)) == data
    assert not any(mark in line for line in lines)
    assert all(character.isprintable() or character == "\n" for character in text)


def test_each_fence_is_another() -> None:
    """Nobody can know the mark of the next answer."""
    assert fenced({}) != fenced({})
