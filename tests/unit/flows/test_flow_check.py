"""`flows.checking`: what a builder will not have meant is found, where it stands; and what is right is left alone."""

from pathlib import Path

import pytest
from conversing import template_text

from flows.checking.folder import CheckedFile, Texts, checked_folder
from flows.shelf import Shelf

EMPTY = Shelf({}, {})
HEAD = "flow: {name}\npurpose: p\n"
TEMPLATES = {
    "plain": template_text("plain", "Hi"),
    "with_cart": template_text("with_cart", "{{ cart.count }}"),
    "with_link": template_text("with_link", "{{ links.cart | default('-') }}"),
    "with_answer": template_text("with_answer", "{{ answers.size | default('-') }}"),
    "with_stock": template_text("with_stock", "{{ lookups.stock.left | default('-') }}"),
    "with_stop": template_text("with_stop", "Hi", "    quick_replies: [{title: STOP, payload: STOP}]\n"),
    "with_button": template_text("with_button", "Hi", "    quick_replies: [{title: Go, payload: away}]\n"),
}
ALL_LOCALES = "missing-locale"
START = "triggers: {intent: {en: [size]}}\n"


def check(**flows: str) -> dict[str, CheckedFile]:
    """The files of these flows (all after name and purpose), by flow, beside `TEMPLATES`."""
    texts = {f"{name}.yaml": HEAD.format(name=name) + text for name, text in sorted(flows.items())}
    results = checked_folder(Texts(texts, {f"{name}.yaml": text for name, text in TEMPLATES.items()}), EMPTY)
    return {each.file.removesuffix(".yaml"): each for each in results if each.kind == "flow"}


def found(flow: str, **others: str) -> list[tuple[str, int, str]]:
    """Severity, line and code of each finding on a flow called `size`."""
    findings = check(size=flow, **others)["size"].findings
    return [(each.severity, each.line, each.code) for each in findings]


ONE = f"""{START}needs: [orders, cart]
steps:
"""

ALONE = {
    "a template that is not there": ("  - reply: plian", ("error", 6, "unknown-template")),
    "a link that nothing takes": ("  - reply: with_link", ("error", 6, "unknown-link")),
    "an answer that nobody asks for": ("  - reply: with_answer", ("error", 6, "unknown-answer")),
    "a look-up that nobody makes": ("  - reply: with_stock", ("error", 6, "not-looked-up")),
    "a look-up that is said before it is made": (
        "  - reply: with_stock\n  - look_up: stock\n  - reply: with_stock",
        ("hint", 6, "read-too-early"),
    ),
    "a condition on a look-up before it is made": (
        "  - reply: plain\n    when: lookups.stock\n  - look_up: stock",
        ("hint", 7, "read-too-early"),
    ),
    "a look-up that is said in another message": (
        "  - look_up: stock\n  - wait: 2h\n  - reply: with_stock",
        ("hint", 8, "read-too-early"),
    ),
    "a look-up that is made on another way only": (
        "  - if: orders\n    then: [{look_up: stock}]\n    else: [{reply: with_stock}]",
        ("hint", 8, "read-too-early"),
    ),
    "orders read anew for nothing": ("  - look_up: orders\n  - reply: with_cart", ("hint", 6, "unused-look-up")),
    "a look-up for nothing": ("  - look_up: stock\n  - reply: plain", ("hint", 6, "unused-look-up")),
    "a choice of nothing": (
        "  - ask: {template: plain, capture: choice}\n  - stop:\n      true\n    when: answers.choice == 'a'",
        ("error", 6, "no-choices"),
    ),
    "a step after stop": ("  - stop\n  - reply: plain", ("hint", 7, "unreachable")),
    "a step after two ways that both end": (
        "  - if: orders\n    then: [stop]\n    else: [{reply: plain}, stop]\n  - reply: plain",
        ("hint", 9, "unreachable"),
    ),
    "the same condition after it has ended the flow": (
        "  - if: orders\n    then: [stop]\n  - reply: plain\n    when: orders",
        ("hint", 9, "never-holds"),
    ),
    "a condition inside of its contrary": (
        "  - if: not orders\n    then:\n      - if: orders\n        then: [{reply: plain}]",
        ("hint", 8, "never-holds"),
    ),
    "one of two values that cannot both be": (
        "  - if: orders.count == 1\n    then:\n      - reply: plain\n        when: orders.count == 2",
        ("hint", 9, "never-holds"),
    ),
    "an else that is never done": (
        "  - if: orders and cart\n    then:\n      - if: cart\n        then: [stop]\n        else: [{reply: plain}]",
        ("hint", 8, "never-holds"),
    ),
    "a question that asks on and on": (
        "  - ask: {template: plain, capture: email, otherwise: [{ask: {template: plain, capture: email}, name: more}]}",
        ("hint", 6, "asks-again"),
    ),
    "an answer that nothing uses": ("  - ask: {template: plain, capture: text}", ("hint", 6, "unused-answer")),
    "a link that nothing says": ("  - personal_link: cart\n  - reply: plain", ("hint", 6, "unused-link")),
    "a button that leads nowhere": ("  - reply: with_button", ("hint", 6, "dead-button")),
}


@pytest.mark.parametrize("case", ALONE)
def test_each_mistake_in_one_flow_is_found_where_it_stands(case: str) -> None:
    """One finding: its severity, its line and its code."""
    steps, expected = ALONE[case]

    assert found(ONE + steps) == [expected]


RIGHT = {
    "a condition that may have changed while the flow waited": (
        "  - if: orders\n    then: [stop]\n  - wait: 1h\n  - reply: plain\n    when: orders"
    ),
    "a step after one of two ways that end": "  - if: orders\n    then: [stop]\n  - reply: plain",
    "a step after a stop that has a condition": "  - stop: true\n    when: orders\n  - reply: plain",
    "a link that a condition asks for": "  - personal_link: cart\n  - reply: plain\n    when: links.cart",
    "what holds of links before and after one is taken": (
        "  - stop: true\n    when: links.cart\n  - personal_link: cart\n  - reply: with_link\n    when: links.cart"
    ),
    "an address that is asked for: it is a claim": "  - ask: {template: plain, capture: email}",
    "an answer that a template says": "  - ask: {template: plain, capture: text, into: size}\n  - reply: with_answer",
    "a look-up that may not have been made": (
        "  - look_up: stock\n    when: orders\n  - reply: with_stock\n  - reply: plain\n    when: lookups.stock"
    ),
    "a look-up that is made again after a wait": (
        "  - wait: 2h\n  - look_up: [stock]\n  - reply: with_stock\n    when: lookups.stock.left > 2"
    ),
    "orders read anew for a condition": "  - look_up: orders\n  - reply: plain\n    when: orders.fresh",
    "a look-up for an engine": "  - look_up: stock\n  - ask_engine: bot",
    "a button that says STOP": "  - reply: with_stop",
    "buttons of a question": (
        "  - ask: {template: with_button, capture: choice}\n  - stop: true\n    when: answers.choice == 'away'"
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_may_well_be_meant_is_left_alone(case: str) -> None:
    """No finding."""
    assert found(ONE + RIGHT[case]) == []


ANSWERS = "steps: [{reply: plain}]\n"
BETWEEN = {
    "the same phrase, read after": (
        "triggers: {intent: {en: [size]}}\n",
        "triggers: {intent: {en: [size]}}\n",
        ["same-phrase"],
    ),
    "the same phrase with accents and case": (
        "triggers: {intent: {es: [Cuánto]}}\n",
        "triggers: {intent: {en: [cuanto]}}\n",
        ["same-phrase"],
    ),
    "the same phrase with a higher priority": (
        "priority: 2\ntriggers: {intent: {en: [size]}}\n",
        "priority: 1\ntriggers: {intent: {en: [size]}}\n",
        [],
    ),
    "the same phrase of a higher priority with a condition: that one first, where it holds": (
        "triggers: {intent: {en: [size]}}\n",
        "priority: 1\nneeds: [orders]\nwhen: orders\ntriggers: {intent: {en: [size]}}\n",
        [],
    ),
    "the same phrase of one priority with a condition": (
        "triggers: {intent: {en: [size]}}\n",
        "needs: [orders]\nwhen: orders\ntriggers: {intent: {en: [size]}}\n",
        ["same-phrase"],
    ),
    "a phrase around one of a higher priority": (
        "triggers: {intent: {en: [size of it]}}\n",
        "priority: 1\ntriggers: {intent: {en: [size]}}\n",
        ["shadowed-phrase"],
    ),
    "the same, where the other has a condition": (
        "triggers: {intent: {en: [size of it]}}\n",
        "priority: 1\nneeds: [orders]\nwhen: orders\ntriggers: {intent: {en: [size]}}\n",
        [],
    ),
    "a longer phrase of another": (
        "triggers: {intent: {en: [size]}}\n",
        "triggers: {intent: {en: [what size is it]}}\n",
        ["longer-phrase"],
    ),
    "a payload behind a shorter one": (
        "triggers: {payload: [size_l]}\n",
        "priority: 1\ntriggers: {payload: [size]}\n",
        ["never-starts"],
    ),
    "a second fallback": ("triggers: {fallback: true}\n", "triggers: {fallback: true}\n", ["never-starts"]),
    "a second fallback of a higher priority": (
        "priority: 1\ntriggers: {fallback: true}\n",
        "triggers: {fallback: true}\n",
        [],
    ),
    "nothing in common": ("triggers: {intent: {en: [size]}}\n", "triggers: {intent: {en: [colour]}}\n", []),
}


@pytest.mark.parametrize("case", BETWEEN)
def test_what_another_flow_takes_is_found(case: str) -> None:
    """The codes of what is found in a flow beside another one, which is read first."""
    flow, other, codes = BETWEEN[case]

    assert [code for _, _, code in found(flow + ANSWERS, a=other + ANSWERS)] == codes


def test_of_one_phrase_the_message_says_which_flow_answers() -> None:
    """Both files are told, each with the same flow as the one that answers."""
    checked = check(a=START + ANSWERS, size=START + ANSWERS)
    (first,), (second,) = checked["a"].findings, checked["size"].findings

    assert "a answers, for it is tried first" in first.message
    assert "of a (en) too, which answers, for it is read first" in second.message
    assert "a priority of 1" in second.message


def test_a_language_that_a_template_does_not_speak_is_found() -> None:
    """Phrases in French beside a template without it."""
    assert found("triggers: {intent: {fr: [taille]}}\n" + ANSWERS) == [("hint", 4, "reply-lacks-locale")]


def test_every_file_is_looked_at_whatever_is_wrong_with_others() -> None:
    """A refused flow and a refused template keep nothing else from being checked, and are blamed once."""
    flows = {
        "bad.yaml": "flow: bad\n",
        "good.yaml": f"flow: good\npurpose: p\n{START}steps: [stop, stop, {{reply: broken}}]\n",
    }
    results = checked_folder(Texts(flows, {"broken.yaml": "name: broken\n"}, {"t.yaml": "tests: []\n"}), EMPTY)
    codes = {each.file: [finding.code for finding in each.findings] for each in results}

    assert codes["good.yaml"] == ["unreachable"]
    assert [each.accepted() for each in results] == [False, True, False, False]
    assert all(codes.values())


def test_one_name_in_two_files_is_refused() -> None:
    """The second file is blamed, and names the first."""
    text = f"flow: size\npurpose: p\n{START}{ANSWERS}"
    other = text.replace("en: [size]", "en: [which size]")
    results = checked_folder(Texts({"a.yaml": text, "b.yaml": other}, {"plain.yaml": TEMPLATES["plain"]}), EMPTY)
    second = next(each for each in results if each.file == "b.yaml")

    assert not second.accepted()
    assert "size is in a.yaml already" in {each.message for each in second.findings}


def test_the_shipped_flows_are_clean() -> None:
    """No finding in any shipped file: neither an error nor a hint."""
    library = Path(__file__).parents[3] / "flows" / "library"
    texts = Texts(*({str(file): file.read_text(encoding="utf-8") for file in library.glob(each)} for each in (
        "*.yaml", "templates/*.yaml", "tests/*.yaml"
    )))  # fmt: skip

    assert [finding for each in checked_folder(texts, EMPTY) for finding in each.findings] == []
