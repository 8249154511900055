"""Folders of flows as builders see them: which file a flow is from, what starts it, its tests and its findings."""

from pathlib import Path

import pytest

from flows.folder import FlowShown, Folder, shipped, shown_flows
from flows.runner import Flows

GREETING = """flow: greeting
purpose: Greets.
triggers:
  intent: {en: [good morning, hello, hi there, good day]}
  cart_abandoned: 2h
  first_message: true
steps:
  - reply: greeting
"""
TEMPLATE = """name: greeting
purpose: A greeting.
locales: {en: {text: Hello!, fallback: Hello!}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flow of a brand, and one in place of a shipped one, in a file of another name."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "greeting.yaml").write_text(GREETING, encoding="utf-8")
    (tmp_path / "templates" / "greeting.yaml").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "order_status.yaml").write_text(
        GREETING.replace("flow: greeting", "flow: vip").replace("hello", "hello vip"), encoding="utf-8"
    )
    (tmp_path / "tests" / "greeting.yaml").write_bytes(b"tests: [\xff")
    return tmp_path


def _shown(folder: Path) -> dict[str, FlowShown]:
    return {each.name: each for each in shown_flows(Flows.load(folder), Folder.read(folder))}


def test_a_flow_is_shown_from_the_file_that_is_said(folder: Path) -> None:
    """By its name, whatever its file is called; all others are the shipped ones."""
    shown = _shown(folder)
    assert {name for name, each in shown.items() if each.is_own} == {"greeting", "vip"}
    assert "flow: vip" in shown["vip"].source
    assert shown["order_status"].source == shipped().texts.flows["order_status.yaml"]
    assert list(shown) == [flow.name for flow in Flows.load(folder).shelf.in_order()]


def test_what_starts_a_flow_is_told(folder: Path) -> None:
    """The first phrases of each language and how many more there are, the time of a cart, every sign."""
    told = [(each.name, each.words, each.locale, each.more) for each in _shown(folder)["greeting"].triggers]
    assert told == [
        ("intent", ("good morning", "hello", "hi there"), "en", 1),
        ("cart_abandoned", ("2h",), "", 0),
        ("first_message", (), "", 0),
    ]


def test_its_tests_and_findings_are_its_own(folder: Path) -> None:
    """Those of the files of the same name; what is no UTF-8 is found, and stops nothing."""
    greeting = _shown(folder)["greeting"]
    checked = {each.file: each for each in greeting.findings()}
    assert set(checked) == {"greeting.yaml", "templates/greeting.yaml", "tests/greeting.yaml"}
    assert not checked["tests/greeting.yaml"].accepted()
    assert _shown(folder)["vip"].read_tests() is None
