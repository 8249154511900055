"""`flows.trying`: a test that does not hold fails with both sides; what is tried is what the flows are handed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conversing import folder_of

from flows.preview.customers import CUSTOMERS, NOW
from flows.runner import Flows
from flows.shelf import Shelf
from flows.trying.blocks import blocks_of
from flows.trying.expecting import Difference
from flows.trying.junit import junit_xml
from flows.trying.made_up import talk_as
from flows.trying.people import PersonFile, person_named, person_of
from flows.trying.testing import Outcome, read_tests
from flows.values import values_of
from middleware.domain.channels import CHANNELS
from middleware.domain.context import Block
from middleware.domain.identifiers import Level
from middleware.errors import FlowError

LIBRARY = Path(__file__).parents[3] / "flows" / "library"
MESSENGER = CHANNELS["messenger"]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """The shipped flows and templates."""
    return Shelf.read(LIBRARY)


def outcome_of(shelf: Shelf, turns: str, head: str = "customer: ana") -> Outcome:
    """What comes of one test with these turns."""
    (outcome,) = read_tests(f"{head}\ntests:\n  - test: t\n    turns: {turns}\n", "t.yaml").run(shelf)
    return outcome


WRONG = {
    "another template": ("[{says: my cart, replies: order_status}]", "replies.template", "order_status"),
    "another text": ("[{says: my cart, replies: {equals: Hi}}]", "replies.equals", "Hi"),
    "a part that is not said": ("[{says: my cart, replies: {contains: Zebra}}]", "replies.contains", "Zebra"),
    "a part that must not be": ("[{says: my cart, replies: {lacks: Linen}}]", "replies.lacks", "no 'Linen'"),
    "other buttons": ("[{says: my cart, replies: {buttons: [Sure]}}]", "replies.buttons", "Sure"),
    "no fallback": ("[{says: my cart, replies: {fallback: true}}]", "replies.fallback", "true"),
    "too many messages": ("[{says: my cart, replies: []}]", "replies", "nothing"),
    "too few messages": ("[{says: STOP, replies: [continue_cart]}]", "replies", "continue_cart"),
    "another flow": ("[{says: my cart, flow: order_status}]", "flow", "order_status"),
    "another language": ("[{says: my cart, locale: de}]", "locale", "de"),
    "another effect": ("[{says: my cart, effects: handed_over}]", "effects", "effect: handed_over"),
    "another purpose": (
        "[{says: my cart, effects: {effect: link_issued, purpose: product}}]",
        "effects",
        "effect: link_issued, purpose: product",
    ),
    "an effect too many": ("[{says: my cart, effects: []}]", "effects", "nothing"),
    "no state": ("[{says: my cart, state: {step: here}}]", "state", "step: here"),
    "not silent": ("[{says: my cart, silent: stopped}]", "silent", "stopped"),
    "silent for another reason": ("[{says: STOP, silent: paused}]", "silent", "paused"),
    "another reason": ("[{says: my cart, why: because}]", "why", "because"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_as_expected_fails(shelf: Shelf, case: str) -> None:
    """Each key that can be expected fails where it does not hold, says what was expected, and where it stands."""
    turns, about, expected = WRONG[case]
    failed = outcome_of(shelf, turns).failed

    assert failed is not None
    assert failed.line == 4
    assert [(each.about, each.expected) for each in failed.differences] == [(about, expected)]
    assert all(each.actual != expected for each in failed.differences)


def test_the_first_turn_that_fails_ends_the_test(shelf: Shelf) -> None:
    """What follows would say nothing."""
    failed = outcome_of(shelf, "[{says: my cart}, {says: my cart, flow: a}, {says: my cart, flow: b}]").failed

    assert failed is not None
    assert failed.differences == (Difference("flow", "a", "continue_cart"),)


REFUSED = {
    "turns: [{says: hi, says_not: a}]": "says_not is not known",
    "turns: [{says: hi, presses: a}]": "does one thing",
    "turns: [{replies: a}]": "does one thing",
    "turns: [{says: hi, replies: {}}]": "expects nothing",
    "turns: [{waits: soon}]": "write 30m, 2h or 1d",
    "turns: []": "must not be empty",
    "{channel: fax, turns: [{says: hi}]}": "channel",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_test_says_what_to_write(case: str) -> None:
    """Refused with file and line, and what is wrong."""
    test = case if case.startswith("{") else f"{{{case}}}"
    text = f"tests:\n  - {{test: t, {test[1:]}\n"

    with pytest.raises(FlowError, match=REFUSED[case]) as refused:
        read_tests(text, "t.yaml")
    assert str(refused.value).startswith("t.yaml:2")


UNKNOWN = {
    "customer: anna": "nobody is called 'anna' - did you mean ana",
    "customer: {values: {orders: {latset: {}}}}": "no value orders.latset",
    "customer: {values: {orders: {all: [{state: paid}]}}}": "orders.latest.number: field required",
    "customer: {zone: Mars/Base}": "there is no time zone Mars/Base; write one such as Europe/Madrid",
    "customer: {values: {conversation: {intent: party}}}": "there is no intent party; there are product_interest",
    "customer: {values: {support: {open: [{number: '7', state: lost}]}}}": "support.open.0.state: input should be",
    "customer: {like: ana, without: [order]}": "no value order - did you mean orders",
}


@pytest.mark.parametrize("head", UNKNOWN)
def test_a_customer_who_cannot_be_is_an_error_of_the_test(shelf: Shelf, head: str) -> None:
    """The other tests of the file run all the same."""
    outcome = outcome_of(shelf, "[{says: hi}]", head)

    assert outcome.error is not None
    assert UNKNOWN[head] in outcome.error
    assert not outcome.passed


def test_a_name_is_given_once() -> None:
    """A test that is there twice is refused: a report could not tell them apart."""
    with pytest.raises(FlowError, match=r"t.yaml:3: 'a' is there twice"):
        read_tests("tests:\n  - {test: a, turns: [{says: hi}]}\n  - {test: a, turns: [{says: hi}]}\n", "t.yaml")


def test_a_code_needs_a_brand_that_sends_some(shelf: Shelf) -> None:
    """Without `codes: true` the test says what to write."""
    assert "codes: true" in str(outcome_of(shelf, "[{gives_code: right}]", "customer: ben").error)


@pytest.mark.parametrize("name", CUSTOMERS)
def test_flows_read_of_somebody_made_up_what_templates_do(name: str) -> None:
    """The way from values to blocks and back changes nothing that a block brings."""
    person = person_named(name)
    talk = talk_as(Flows.shipped(), person, MESSENGER, NOW)
    said = talk.says("hello")
    blocks = blocks_of(person.values, Level.VERIFIED, NOW)
    context = said.context.model_copy(update=dict(blocks))
    values = values_of(context, "hello")

    for block in blocks:
        if block in person.values:
            assert without_question(values[block]) == without_question(person.values[block]), block
    assert values["profile"] == {
        key: value
        for key, value in person.values["profile"].items()
        if key == "name"  # type: ignore[union-attr]
    }


def without_question(value: object) -> object:
    """A group of values without what depends on the words of the message, and on which orders they name."""
    if not isinstance(value, dict):
        return value
    asked = {"asked", "mentioned", "asks_price", "asks_stock", "sentence", "unanswered", "latest"}
    kept = {key: each for key, each in value.items() if key not in asked}
    # Somebody has more open tickets than are shown, or orders than are listed.
    return {key: each for key, each in kept.items() if key not in {"count", "open_count"}}


@pytest.mark.parametrize("level", list(Level))
def test_no_block_of_a_higher_level_is_handed_over(level: Level) -> None:
    """Whatever is written of somebody: above their level it is withheld."""
    blocks = blocks_of(person_named("ana").values, level, NOW)

    for block in blocks.values():
        assert isinstance(block, Block)
        assert (block.value is None) == (block.needs_level > level)
        assert (block.state == "withheld") == (block.needs_level > level)


FLOW = """\
triggers: {intent: {en: [remind me]}}
steps:
  - reply: soon
  - wait: 2h
  - reply: now
  - tag: reminded
  - wait: 20h
  - reply: again
  - wait: 10h
  - reply: too_late
"""


@pytest.fixture
def reminding(tmp_path: Path) -> Flows:
    """A flow that comes back by itself, three times."""
    return Flows.load(
        folder_of(tmp_path, {"remind": FLOW}, {name: name for name in ("soon", "now", "again", "too_late")})
    )


def test_time_passes_as_it_does_in_the_installation(reminding: Flows) -> None:
    """Timers ring when they are due, in their order; outside of the window nothing is said, and why."""
    talk = talk_as(reminding, person_named("ben"), MESSENGER, NOW)
    talk.says("remind me")

    assert talk.waits(timedelta(hours=1)) == []
    rung = talk.waits(timedelta(hours=40))
    assert [reply.text for said in rung for reply in said.decision.replies] == ["now", "again"]
    assert [said.at - NOW for said in rung] == [timedelta(hours=hours, seconds=10) for hours in (2, 22, 32)]
    assert "window_closed" in rung[-1].silent[-1]
    assert talk.conversation.tags == ("reminded",)
    assert talk.now == NOW + timedelta(hours=41, seconds=10)


def test_news_start_what_they_are_for(tmp_path: Path) -> None:
    """A source tells of an order: the flow says so, as nobody asked; where no flow is for that, nothing is said."""
    flow = "triggers: {order_placed: true}\nsteps: [{reply: thanks}]\n"
    folder = folder_of(tmp_path, {"placed": flow}, {"thanks": "Thanks for the order"})
    told = "[{says: my cart}, {news: order_placed, flow: placed, replies: thanks}, {news: ticket_solved, replies: []}]"

    assert outcome_of(Shelf.read(LIBRARY, folder), told).passed


def test_whoever_writes_ends_what_waits(reminding: Flows) -> None:
    """The timer of a waiting that has ended says nothing."""
    talk = talk_as(reminding, person_named("ben"), MESSENGER, NOW)
    talk.says("remind me")
    talk.says("Where is my order?")

    assert talk.waits(timedelta(days=2)) == []
    assert talk.conversation.flow_state is None


def test_times_of_a_customer_may_be_written_without_quotes() -> None:
    """YAML reads a time where a text is meant: it is one again."""
    at = datetime(2026, 3, 5, 10, tzinfo=UTC)
    person = person_of(PersonFile(values={"orders": {"all": [{"number": "1", "state": "paid", "created_at": at}]}}))

    assert person.values["orders"] == {"all": [{"number": "1", "state": "paid", "created_at": at.isoformat()}]}
    assert person.level is Level.LINKED


def test_the_report_for_build_servers_is_xml(shelf: Shelf) -> None:
    """Whatever stands in names and texts: counts, names and both sides can be read."""
    name = "<&\"'\x00\u0001 ünï"
    text = "tests:\n  - {test: fine, turns: [{says: my cart}]}\n  - {test: bad, turns: [{says: my cart, flow: a}]}\n"
    outcomes = [*read_tests(text, name).run(shelf), Outcome(name, 9, "broken", 0.0, error="line 1\nline 2")]
    root = ET.fromstring(junit_xml(outcomes))  # noqa: S314 - made by ourselves
    (suite,) = root

    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "3", "failures": "1", "errors": "1",
    }  # fmt: skip
    assert [case.get("name") for case in suite] == ["fine", "bad", "broken"]
    assert [[part.tag for part in case] for case in suite] == [[], ["failure"], ["error"]]
    assert "expected: a\nactual: continue_cart" in str(suite[1][0].text)


LOOKING_UP = {
    "stock.yaml": """flow: stock
purpose: p
triggers: {intent: {en: [how many]}}
steps:
  - look_up: stock
  - reply: how_many
""",
    "templates/how_many.yaml": """name: how_many
purpose: p
locales:
  en:
    text: "{{ lookups.stock.left }} left{% if not lookups.stock.fresh %}, when we last saw{% endif %}"
    fallback: Nobody knows.
""",
}
GIVEN = {
    "{left: 3}": ("3 left", "look-up stock: fresh"),
    "{left: 3, fresh: false}": ("3 left, when we last saw", "look-up stock: stale"),
    "{}": ("Nobody knows.", "look-up stock: missing (the customer is given no such value)"),
}


@pytest.mark.parametrize("given", GIVEN)
def test_what_look_ups_say_is_what_the_customer_is_given(tmp_path: Path, given: str) -> None:
    """Nobody is asked: fresh, stale or missing as it is written with the customer."""
    for name, text in LOOKING_UP.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    said, why = GIVEN[given]
    turns = f"[{{says: how many?, replies: {{equals: '{said}'}}, why: '{why}'}}]"
    head = f"customer: {{values: {{lookups: {{stock: {given}}}}}}}"
    outcome = outcome_of(Shelf.read(LIBRARY, tmp_path), turns, head)
    assert outcome.passed, outcome


@pytest.mark.parametrize("given", ["{Left: 3}", "{left: [1]}", "3"])
def test_what_no_look_up_can_say_is_an_error_of_the_test(shelf: Shelf, given: str) -> None:
    """With the name of the value."""
    outcome = outcome_of(shelf, "[{says: hi}]", f"customer: {{values: {{lookups: {{stock: {given}}}}}}}")
    assert outcome.error is not None
    assert "lookups.stock" in outcome.error
