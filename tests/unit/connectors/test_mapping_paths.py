"""Paths of mappings: what is written strictly, and what is never read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping import MISSING, PathError, first_of, parse_path, read_path

BODY = {
    "id": 7,
    "customer": {"emails": ["a@x.es", "b@x.es"], "First Name": "Ana", "Größe": 38},
    "custom_fields": [{"id": 360001, "value": "blue"}, {"id": "360002", "value": None}, "odd"],
    "field_data": [{"name": "what size?", "values": ["M"]}, {"name": "vip", "ok": True, "values": []}],
    "$gt": "operator",
    "__class__": "attribute",
    "constructor": {"prototype": "polluted"},
}

NOSQL = (
    "true, $where: '1 == 1'",
    ", $where: '1 == 1'",
    "$where: '1 == 1'",
    "', $where: '1 == 1'",
    "1, $where: '1 == 1'",
    "{ $ne: 1 }",
    "', $or: [ {}, { 'a':'a",
    "' } ], $comment:'successful MongoDB injection'",
    "db.injection.insert({success:1});",
    "db.injection.insert({success:1});return 1;db.stores.mapReduce(function() { { emit(1,1",
    "|| 1==1",
    "' && this.password.match(/.*/)//+%00",
    "' && this.passwordzz.match(/.*/)//+%00",
    "'%20%26%26%20this.password.match(/.*/)//+%00",
    '{"$gt": ""}',
    '{"&exists":false}',
    '{"$regex":"(a+)+$"}',
    "[$ne]=1",
    "a[$ne]=",
    '"$where"',
)

ATTRIBUTES = (
    "__class__", "__proto__", "a.__class__", "a.__init__.__globals__", '"__class__"', "constructor", "a.constructor",
    "constructor.prototype", "a.prototype.b", '" constructor "', "[__class__=x]", '["__class__"=x].y',
)  # fmt: skip

OPERATORS = ("$", "$expr", "a.$.b", "a.$[].b", "a.$[each].b", '"a$b"', '"$expr".a', "[$gt=1].a", "a[$]")

SHAPES = (
    "", ".", "..", "a..b", ".a", "a.", "." * 1000, "a." * 500 + "a", "a" * 201, "a[0]b", "a[-1]", "a[01]", "a[1000]",
    "a[]", "a[*]", "a[?x=1]", "a[x=]", "a[=x]", "a[x=1", "a]", 'a."', '""', 'a."b"c', "a b  c", " a", "a ", "a\n",
    "a\0", "a/b", "a\\b", "a()", "{{ a }}", "${a}", "%00", "*", "a,b", "a['b']", ".".join("abcdefghijklm"),
)  # fmt: skip


@pytest.mark.parametrize("text", NOSQL)
def test_operators_of_a_store_are_no_paths(text: str) -> None:
    """What injects into a query elsewhere is refused when the mapping is read."""
    with pytest.raises(PathError):
        parse_path(text)


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_attributes_are_no_paths(text: str) -> None:
    """No path leads to an object's inside, quoted or not."""
    with pytest.raises(PathError):
        parse_path(text)


@pytest.mark.parametrize("text", OPERATORS)
def test_dollars_are_no_paths(text: str) -> None:
    """No step bears a dollar sign."""
    with pytest.raises(PathError):
        parse_path(text)


@pytest.mark.parametrize("text", SHAPES)
def test_what_is_written_wrong_is_refused(text: str) -> None:
    """Empty steps, endless paths, other languages' paths: refused, with the place."""
    with pytest.raises(PathError) as refused:
        parse_path(text)
    assert "at character" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("id", 7),
        ("customer.emails[1]", "b@x.es"),
        ("customer.First Name", "Ana"),
        ('customer."First Name"', "Ana"),
        ("customer.Größe", 38),
        ("custom_fields[id=360001].value", "blue"),
        ("custom_fields[id=360002].value", None),
        ('field_data[name="what size?"].values[0]', "M"),
        ("field_data[name=what size?].values[0]", "M"),
        ("field_data[ok=true].values", []),
        ("custom_fields[2]", "odd"),
    ],
)
def test_a_path_leads_to_one_value(text: str, value: object) -> None:
    """Names, positions and members of lists by one of their values."""
    assert read_path(parse_path(text), BODY) == value


@pytest.mark.parametrize(
    "text",
    ["nothing", "id.real", "id.bit_length", "customer.emails.append", "customer.emails[2]", "customer.keys",
     "customer[0]", "customer.emails[0][0]", "custom_fields[id=1].value", "custom_fields.value", "id[id=7]"],
)  # fmt: skip
def test_nothing_but_what_is_named_is_read(text: str) -> None:
    """No attribute, no letter of a text, no list where one member is meant."""
    assert read_path(parse_path(text), BODY) is MISSING


def test_the_first_that_holds_something_counts() -> None:
    """A blank gives way; where all that stand there are blank the answer is empty, not missing."""
    body: dict[str, object] = {"a": " ", "b": None, "c": "x", "d": []}
    paths = {name: parse_path(name) for name in "abcdz"}
    assert first_of([paths["z"], paths["a"], paths["c"]], body) == "x"
    assert first_of([paths["a"], paths["b"], paths["d"], paths["z"]], body) is None
    assert first_of([paths["z"]], body) is MISSING


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    """Nothing else is raised, and no step of what is read has a meaning of its own."""
    try:
        path = parse_path(text)
    except PathError:
        return
    assert not any(isinstance(step, str) and (step.startswith("__") or "$" in step) for step in path.steps)
    read_path(path, BODY)
