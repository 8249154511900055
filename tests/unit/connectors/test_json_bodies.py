"""Reading webhook bodies: strict, exact, and cheap for ordinary ones."""

import contextlib
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import body as module
from connectors.body import MAX_DEPTH, may_be_unstorable, read_json, to_bytes, why_not_storable
from middleware.errors import BodyRefused

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{", b"[1,]", b"{'a':1}", b"nul", b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[01]",
        b"[1.]", b'"\x00"', b'"\t"', b"\xff", b'"\xed\xa0\x80"', b"[1] x", b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"), "{}".encode("utf-16-le"), "{}".encode("utf-32"), b"[" * 100_000, b'{"a":' * 100_000,
        b"[12345678901234567890, NaN]", b'["\\u0000", NaN]', b"[" * 100_000 + b'"\\u0000"',
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    """No JSON, not UTF-8, a byte order mark, NaN or Infinity, absurd nesting: BodyRefused, nothing else."""
    with pytest.raises(BodyRefused):
        read_json(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, -2.5, null, true, "\xc3\xa4\\u00e4"]}', {"a": [1, -2.5, None, True, "ää"]}),
        (b" 7 ", 7),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b"[9223372036854775807]", [2**63 - 1]),
        (b"[-9223372036854775808]", [-(2**63)]),
        (b"[12345678901234567890123]", [12345678901234567890123]),
        (b"12345678901234567890123", 12345678901234567890123),
        (b'["\\u0000"]', ["\0"]),
        (b'["\\ud800"]', ["\ud800"]),
        (b'["12345678901234567890123"]', ["12345678901234567890123"]),
        (b"[" * 100 + b"]" * 100, json.loads("[" * 100 + "]" * 100)),
    ],
)
def test_json_is_read_exactly(raw: bytes, value: object) -> None:
    """Integers keep every digit; what cannot be stored is still read, so that it can be rejected alone."""
    assert read_json(raw) == value


def test_an_absurdly_long_integer_is_not_refused_with_its_neighbours() -> None:
    """More digits than Python reads at once: the one value is not storable, the others are read."""
    found = read_json(b"[" + b"9" * (sys.get_int_max_str_digits() + 10) + b", 1]")
    assert found[1] == 1
    assert why_not_storable(found[0]) == "a number that is not finite"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\0b", "NUL"), ({"a\0": 1}, "NUL"), (["\ud800"], "surrogate"), ({"\udfff": 1}, "surrogate"),
        ([{"a": ["b", "\udc00"]}], "surrogate"), (2**63, "64 bit"), (-(2**63) - 1, "64 bit"),
        ({"a": [2**64]}, "64 bit"), (float("inf"), "finite"), ([float("nan")], "finite"),
    ],
)  # fmt: skip
def test_what_the_store_could_not_keep(value: object, reason: str) -> None:
    """NUL, lone surrogates, big integers and numbers that are not finite, in keys, strings and any depth."""
    assert reason in (why_not_storable(value) or "")


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), "ä😀", {"": []}, True, 1e300, None])
def test_what_the_store_keeps(value: object) -> None:
    """The largest integers, any text and plain values are storable."""
    assert why_not_storable(value) is None


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 500])
def test_nesting_is_bounded(depth: int) -> None:
    """32 containers inside each other are fine, one more is not; lists and objects count alike."""
    value: object = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    assert (why_not_storable(value) is None) is (depth <= MAX_DEPTH)


@given(JSON)
def test_every_value_comes_back(value: object) -> None:
    """What is written as JSON is read as the same value, and equal values give equal bytes."""
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(to_bytes(value)) == value


@pytest.mark.parametrize("escaped", [True, False])
@given(value=JSON)
def test_every_unstorable_body_is_looked_at(escaped: bool, value: object) -> None:  # noqa: FBT001 - a case
    """What cannot be stored always shows in the raw bytes: a walk is never left out wrongly."""
    for bad in ("\0", "\ud800", 2**70, {"\0": 1}):
        raw = json.dumps([value, bad], ensure_ascii=escaped).encode(errors="surrogatepass")
        try:
            found = read_json(raw)
        except BodyRefused:
            continue
        assert why_not_storable(found) is not None
        assert may_be_unstorable(raw)


@given(st.binary(max_size=60))
def test_bytes_never_raise_anything_else(raw: bytes) -> None:
    """Whatever the bytes: a value or BodyRefused."""
    with contextlib.suppress(BodyRefused):
        read_json(raw)


@pytest.mark.parametrize("text", ["1e400", "-1E+400", "123456789e9999"])
def test_numbers_beyond_double_are_found(text: str) -> None:
    """A number too big for a double is read as infinity and looked at, not refused with its neighbours."""
    raw = f'["fine", {text}]'.encode()
    assert may_be_unstorable(raw)
    assert why_not_storable(read_json(raw)) == "a number that is not finite"


def test_an_ordinary_body_takes_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary message is read by orjson alone and not walked, long ids in strings included."""

    def fail(_: bytes) -> object:
        raise AssertionError("the careful reader was asked")

    monkeypatch.setattr(module, "_read_carefully", fail)
    raw = b'{"id":"17841400000000000123","entry":[{"time":1790000000123,"text":"caf\\u00e9 1e10"}]}'
    assert read_json(raw)["entry"][0]["time"] == 1790000000123
    assert may_be_unstorable(raw) is False


def test_bytes_of_what_orjson_cannot_write() -> None:
    """A rejected part keeps surrogates and big integers in its bytes."""
    assert json.loads(to_bytes({"b": "\ud800", "a": 2**70})) == {"a": 2**70, "b": "\ud800"}


def test_absurd_nesting_cannot_be_written() -> None:
    """What is nested too deeply to be written again is refused, not a crash."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(BodyRefused):
        to_bytes(value)
    while value:
        value = value.pop()  # type: ignore[assignment] # taken apart here: freeing it at once would recurse
