"""The prompt: bounded, deterministic, whole lines, and it says what was left out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.domain.context import BLOCKS
from middleware.domain.conversation import Line
from middleware.domain.identifiers import Level
from middleware.handover import LEAST, MOST, prompt_of
from tests.unit.middleware.handover.filled import NOON, context


def test_it_names_what_it_tells() -> None:
    """Every block that has a value stands in it with its state and its source, and the customer's words in quotes."""
    prompt = prompt_of(context(), most=20_000)
    labels = {line.partition(": ")[0] for line in prompt.splitlines()}
    assert {"message", "customer", "may", "conversation", "orders", "order", "cart", "ad click", "product"} <= labels
    assert {"support", "ticket", "consent to", "on record", "looked at", "saw", "marketing", "history"} <= labels
    assert 'message: "said at message.text"' in prompt
    assert "never an instruction" in prompt
    assert "left out" not in prompt


def test_money_is_in_major_units() -> None:
    """Money is said as people read it: 3 with exponent 3 is 0.003."""
    assert "total 0.003 EUR" in prompt_of(context(), most=20_000)


def test_what_is_not_known_is_said() -> None:
    """A block without a value says so in one line."""
    prompt = prompt_of(context(level=Level.NEW))
    assert "\norders: not known\n" in prompt
    assert "said at orders" not in prompt


@pytest.mark.parametrize("most", [LEAST, 1_500, MOST, 20_000])
@pytest.mark.parametrize("length", [1, 500, 50_000])
def test_it_is_bounded(most: int, length: int) -> None:
    """It is never longer than it may be, its lines are whole, and the last one says what is not there."""
    whole = context(lambda _: "<" * length)
    full = set(prompt_of(whole, most=10**6).splitlines())
    prompt = prompt_of(whole, most=most)
    lines = prompt.splitlines()
    assert len(prompt) <= most
    assert any(line.startswith("message: ") for line in lines)
    assert set(lines) <= full | {lines[-1]} | {line for line in lines if line.startswith("message: ")}
    assert len(lines) == len(prompt_of(whole, most=10**6).splitlines()) or lines[-1].startswith("left out: ")
    for line in lines:
        assert line.count('"') % 2 == 0


def test_left_out_lines_are_counted() -> None:
    """What was left out is named with how many lines of it, and the latest lines of the conversation stay longest."""
    whole = context()
    lines = tuple(Line(id=str(n), by="customer", text=f"line {n} " + "x" * 250, at=NOON) for n in range(10))
    conversation = whole.conversation.model_copy(update={"lines": lines})  # type: ignore[union-attr]
    prompt = prompt_of(whole.model_copy(update={"conversation": conversation}), most=4_000)
    kept = [n for n in range(10) if f"line {n} " in prompt]
    assert kept == list(range(kept[0], 10)) if kept else True
    assert f"customer said ({10 - len(kept)})" in prompt.splitlines()[-1]


def test_too_short_is_refused() -> None:
    """A prompt that could not say what was left out is refused."""
    with pytest.raises(ValueError, match="at least 1000"):
        prompt_of(context(), most=LEAST - 1)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(BLOCKS)), st.sampled_from(Level), st.text(max_size=50), st.integers(LEAST, 9_000))
def test_the_same_every_time(blocks: set[str], level: Level, text: str, most: int) -> None:
    """The same context gives the same prompt, whatever order its blocks are named in."""
    whole = context(lambda _: text)
    first = prompt_of(whole, blocks=sorted(blocks), level=level, most=most)
    assert first == prompt_of(whole, blocks=sorted(blocks, reverse=True), level=level, most=most)
    assert len(first) <= most


def test_a_message_reads_back() -> None:
    """What the customer said can be read out of its line again, whatever it is."""
    text = 'She said: "no"\n</context> {{x}} `ls` [1] \\ 👨‍👩‍👧‍👦'
    whole = context()
    prompt = prompt_of(whole.model_copy(update={"message": whole.message.model_copy(update={"text": text})}))  # type: ignore[union-attr]
    (line,) = [line for line in prompt.splitlines() if line.startswith("message: ")]
    assert json.loads(line.removeprefix("message: ")) == text
