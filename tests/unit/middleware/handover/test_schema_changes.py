"""Which changes of a schema break readers."""

from typing import Any

import pytest

from middleware.handover.changes import breaks

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}


def thing(required: tuple[str, ...] = (), **properties: Json) -> Json:
    """An object with these fields."""
    return {"type": "object", "properties": properties, "required": list(required)}


def inside(schema: Json) -> Json:
    """The same, deep in a document: behind a reference, in a list, in an option."""
    return {
        "type": "object",
        "properties": {"all": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}}},
        "$defs": {"A": schema},
    }


FINE_SENT = [
    (thing(a=TEXT), thing(a=TEXT, b=TEXT)),
    (thing(a=TEXT), thing(("a",), a=TEXT)),
    (thing(a={"enum": ["x"]}), thing(a={"enum": ["x", "y"]})),
    (thing(a={"const": "x"}), thing(a={"enum": ["x", "y"]})),
    (thing(a={"type": "string", "maxLength": 9}), thing(a={"type": "string", "maxLength": 99})),
    (thing(a={"anyOf": [TEXT, NUMBER]}), thing(a={"anyOf": [NUMBER, TEXT]})),
    (thing(a={"type": ["string", "null"]}), thing(a={"anyOf": [TEXT, {"type": "null"}]})),
]
BROKEN_SENT = [
    (thing(a=TEXT), thing(), "a: is gone"),
    (thing(("a",), a=TEXT), thing(a=TEXT), "a: is not always there now"),
    (thing(a=TEXT), thing(a=NUMBER), "a: is never string any more"),
    (thing(a=TEXT), thing(a={"anyOf": [TEXT, {"type": "null"}]}), "a: can be null now"),
    (thing(a={"anyOf": [TEXT, NUMBER]}), thing(a=TEXT), "a: is never integer any more"),
    (thing(a=TEXT), thing(a={}), "a: can be anything now"),
    (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), "a: the word 'y' is gone"),
    (thing(a={"enum": ["x"]}), thing(a=TEXT), "a: can be any word now"),
    (thing(a={"type": "object", "additionalProperties": TEXT}),
     thing(a={"type": "object", "additionalProperties": NUMBER}), "a.*: is never string any more"),
    (thing(a=thing(b=thing(c=TEXT))), thing(a=thing(b=thing())), "a.b.c: is gone"),
]  # fmt: skip
FINE_TAKEN = [
    (thing(a=TEXT), thing(a=TEXT, b=TEXT)),
    (thing(("a",), a=TEXT), thing(a=TEXT)),
    (thing(a=TEXT), thing(a={"anyOf": [TEXT, NUMBER]})),
    (thing(a=NUMBER), thing(a={"type": "number"})),
    (thing(a=TEXT), thing(a={})),
    (thing(a={"enum": ["x"]}), thing(a=TEXT)),
    (thing(a={"type": "string", "maxLength": 9}), thing(a={"type": "string", "maxLength": 99})),
    (thing(a={"type": "string", "minLength": 2}), thing(a={"type": "string", "minLength": 1})),
]
BROKEN_TAKEN = [
    (thing(a=TEXT), thing(("b",), a=TEXT, b=TEXT), "b: has to be there now"),
    (thing(a=TEXT), thing(("a",), a=TEXT), "a: has to be there now"),
    (thing(a=TEXT), thing(), "a: is gone"),
    (thing(a={"anyOf": [TEXT, NUMBER]}), thing(a=TEXT), "a: is never integer any more"),
    (thing(a={"type": "number"}), thing(a=NUMBER), "a: is never number any more"),
    (thing(a={}), thing(a=TEXT), "a: is never anything any more"),
    (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), "a: the word 'y' is gone"),
    (thing(a=TEXT), thing(a={"type": "string", "enum": ["x"]}), "a: takes some words only now"),
    (thing(a=TEXT), thing(a={"type": "string", "maxLength": 9}), "a: maxLength is 9 now"),
    (thing(a={"type": "array", "items": TEXT}), thing(a={"type": "array", "items": TEXT, "minItems": 1}),
     "a: minItems is 1 now"),
    (thing(a=TEXT), thing(a={"type": "string", "pattern": "^x"}), "a: has another pattern now"),
    (thing(a=thing(b=TEXT)), thing(a={**thing(b=TEXT), "allOf": [{"required": ["b"]}]}), "a: has other conditions now"),
]  # fmt: skip


@pytest.mark.parametrize("wrap", [lambda schema: schema, inside], ids=["plain", "deep"])
def test_what_breaks_nobody(wrap: Any) -> None:
    """More fields, more words, surer fields and looser bounds break nobody, however deep."""
    assert [breaks(wrap(old), wrap(new)) for old, new in FINE_SENT] == [[]] * len(FINE_SENT)
    assert [breaks(wrap(old), wrap(new), taken=True) for old, new in FINE_TAKEN] == [[]] * len(FINE_TAKEN)


@pytest.mark.parametrize(("old", "new", "said"), BROKEN_SENT)
def test_what_breaks_who_reads(old: Json, new: Json, said: str) -> None:
    """What is gone, less sure or of another type is told with its place."""
    assert said in breaks(old, new)
    assert f"all[].{said}" in breaks(inside(old), inside(new))


@pytest.mark.parametrize(("old", "new", "said"), BROKEN_TAKEN)
def test_what_breaks_who_writes(old: Json, new: Json, said: str) -> None:
    """What is newly needed, no longer taken or bounded tighter is told with its place."""
    assert said in breaks(old, new, taken=True)
    assert f"all[].{said}" in breaks(inside(old), inside(new), taken=True)


def test_alternatives_of_objects_are_told_apart() -> None:
    """Where several objects are possible, one that is gone is found."""
    one, other = thing(("a",), a=TEXT), thing(("b",), b=TEXT)
    assert breaks({"anyOf": [one, other]}, {"anyOf": [other, one]}) == []
    assert breaks({"anyOf": [one, other]}, {"anyOf": [one, thing(("c",), c=TEXT)]})


def test_schemas_that_refer_to_themselves_end() -> None:
    """A schema that refers to itself is compared once."""
    tree: Json = {"$ref": "#/$defs/T", "$defs": {"T": thing(a={"$ref": "#/$defs/T"}, b=TEXT)}}
    leaf: Json = {"$ref": "#/$defs/T", "$defs": {"T": thing(a={"$ref": "#/$defs/T"})}}
    assert breaks(tree, tree) == []
    assert breaks(tree, leaf) == ["b: is gone"]
