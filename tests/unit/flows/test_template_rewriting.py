"""A template's file is changed value by value: what was asked for is there, and every other byte is as it was."""

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows
from flows.files import read_document
from flows.templates.fields import Choice, Fields, Spot, changes, fields_at, located, outline
from flows.templates.rewriting import NotInTheForm, Written, rewritten

LIBRARY = sorted((Path(flows.__file__).parent / "library" / "templates").glob("*.yaml"))

FILE = """# a remark
name: x   # why
purpose: "P"
variants: {base: 1, short: 1}
locales:
  en:
    text: 'Hi {{ profile.name }}'  # hello
    fallback: "Hi"
    buttons:
      - {title: 'A', payload: a} # first
      # between
      - {title: "B", url: "https://x.example/z"}
    variants:
      short:
        text: Short one
        channels:
          whatsapp:
            text: |
              On two
              lines

# the end
"""
TEXT = ("locales", "en", "text")


def _changed(before: str, after: str) -> list[str]:
    """The lines that differ."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (TEXT, "It's", ["-    text: 'Hi {{ profile.name }}'  # hello", "+    text: 'It''s'  # hello"]),
        (TEXT, "a\nb",
         ["-    text: 'Hi {{ profile.name }}'  # hello", "+    text: |  # hello", "+      a", "+      b"]),
        (("locales", "en", "fallback"), 'So "it" is', ['-    fallback: "Hi"', '+    fallback: "So \\"it\\" is"']),
        (("locales", "en", "variants", "short", "text"), "x: y", ["-        text: Short one", '+        text: "x: y"']),
        (("variants", "short"), 3, ["-variants: {base: 1, short: 1}", "+variants: {base: 1, short: 3}"]),
        (("variants", "new"), 2, ["-variants: {base: 1, short: 1}", "+variants: {base: 1, short: 1, new: 2}"]),
        (
            ("locales", "en", "buttons"), [{"title": "B", "url": "https://x.example/z"}],
            ["-      - {title: 'A', payload: a} # first", "-      # between"],
        ),
        (
            ("locales", "en", "variants", "short", "channels", "whatsapp", "text"), "On two\nother lines\n",
            ["-              lines", "+              other lines"],
        ),
        (("locales", "en", "variants", "short", "fallback"), "Yes.", ['+        fallback: "Yes."']),
        (("locales", "de"), {"text": "Hallo\nDu", "fallback": "Hallo"},
         ["+  de:", "+    text: |", "+      Hallo", "+      Du", '+    fallback: "Hallo"']),
    ],
)  # fmt: skip
def test_only_what_is_changed_changes(place: tuple[str, ...], value: Written, expected: list[str]) -> None:
    """The lines that differ are those of the value; remarks, quotes and order stay."""
    after = rewritten(FILE, {place: value})
    assert _changed(FILE, after) == expected
    assert rewritten(FILE.replace("\n", "\r\n"), {place: value}) == after.replace("\n", "\r\n")


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.stem)
def test_what_a_form_gives_back_unchanged_changes_no_byte(file: Path) -> None:
    """For every spot of every shipped template."""
    source = file.read_text(encoding="utf-8")
    data = read_document(source, "").data
    for locale in outline(data).locales:
        fields = fields_at(data, Spot(locale))
        assert fields is not None
        assert rewritten(source, changes(Spot(locale), fields.marks(), fields)) == source


@given(
    st.text() | st.text("a \x00\x07\x85\u2028\ufeff\ufffe\uffff\U0001fffe"),
    st.sampled_from(["'{}'", '"{}"', "{}", "|\n      {}", "|-\n      {}", "|\n      {}  ", ">\n      {}\n      More"]),
)
def test_any_text_comes_out_as_it_went_in(text: str, style: str) -> None:
    """Whatever is typed, and however the text before was written."""
    source = f"locales:\n  en:\n    text: {style.format('Before')}\n\n    # kept\n    fallback: Kept  # too\n"
    after = rewritten(source, {TEXT: text})
    data = read_document(after, "").data
    assert data["locales"]["en"]["text"].rstrip("\n") == text.rstrip("\n")
    assert after.endswith("\n\n    # kept\n    fallback: Kept  # too\n")


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=4))
def test_choices_come_out_as_they_went_in(rows: list[tuple[str, str]]) -> None:
    """Titles and values of any letters."""
    wanted = Fields(
        text="Hi {{ profile.name }}", fallback="Hi", buttons=tuple(Choice(a, "payload", b) for a, b in rows)
    )
    before = fields_at(read_document(FILE, "").data, Spot("en"))
    assert before is not None
    after = rewritten(FILE, changes(Spot("en"), before.marks(), wanted))
    data = read_document(after, "").data["locales"]["en"]
    assert data.get("buttons", []) == [{"title": title, "payload": payload} for title, payload in rows]
    assert data["text"] == wanted.text


@pytest.mark.parametrize("source", ["- a\n", "locales: []\n", "locales:\n  en: text\n", "just words"])
def test_what_is_no_template_is_refused(source: str) -> None:
    """It is said that only the source can change it."""
    with pytest.raises(NotInTheForm):
        rewritten(source, {TEXT: "Hi", ("locales", "en", "fallback", "x"): "y"})


def test_what_the_form_cannot_show_is_named() -> None:
    """Parts of a text that have no field, and fields that hold what cannot be typed."""
    source = 'locales:\n  en:\n    text: "a\\tb"\n    list: {}\n    buttons: [{title: a, payload: b, more: c}]\n'
    fields = fields_at(read_document(source, "").data, Spot("en"))
    assert fields is not None
    assert set(fields.beyond) == {"list", "text", "buttons"}


def test_a_line_of_the_file_is_found_in_its_field() -> None:
    """By locale, variant and channel; what stands in none has no spot."""
    document = read_document(FILE, "")
    lines = {number: line.strip() for number, line in enumerate(FILE.splitlines(), 1)}
    found = {text: located(document, number)[:2] for number, text in lines.items()}
    assert found['fallback: "Hi"'] == (Spot("en"), "fallback")
    assert found["text: Short one"] == (Spot("en", "short"), "text")
    assert found["lines"] == (Spot("en", "short", "whatsapp"), "text")
    assert found["variants: {base: 1, short: 1}"] == (None, "")
