"""What each step says of itself: for the check, for diagrams and for the reference. A new step is a new row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flows.engine import model
from middleware.domain.recommendations import WHYS

Shape = Literal["say", "do", "choose", "ask", "wait", "end"]
"""How a step is drawn."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps inside of a step: under which keys they are written, and when they are done.

    `joins`: afterwards the flow goes on below the step; otherwise it ends with them.
    """

    label: str
    keys: tuple[str, ...]
    steps: tuple[model.Step, ...]
    joins: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A template that a step says, and under which keys it is named."""

    template: str
    keys: tuple[str, ...]


def _no_branches(_: model.Step) -> tuple[Branch, ...]:
    return ()


def _says_nothing(_: model.Step) -> tuple[Said, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class StepRow:
    """One kind of step. `written` and `about` stand in the reference, `label` in diagrams."""

    written: str
    about: str
    shape: Shape
    label: Callable[[model.Step], str]
    branches: Callable[[model.Step], tuple[Branch, ...]] = _no_branches
    templates: Callable[[model.Step], tuple[Said, ...]] = _says_nothing
    answers: bool = False
    """A flow that has done it has answered: no other one is tried."""
    ends: bool = False
    """Nothing after it is done."""
    waits: bool = False
    """Time passes: what held before may not hold after it."""


def action_of(step: model.Step) -> str:
    """What a step does: a key of `STEPS`."""
    return next(name for name in model.ACTIONS if getattr(step, name))


def row_of(step: model.Step) -> StepRow:
    """The row of a step."""
    return STEPS[action_of(step)]


def _branches_of_if(step: model.Step) -> tuple[Branch, ...]:
    return (Branch("yes", ("then",), step.then), Branch("no", ("else",), step.else_))


def _branches_of_ask(step: model.Step) -> tuple[Branch, ...]:
    if step.ask is None or not step.ask.otherwise:
        return ()
    return (Branch("no answer", ("ask", "otherwise"), step.ask.otherwise, joins=False),)


def _said_by_ask(step: model.Step) -> tuple[Said, ...]:
    if step.ask is None:
        return ()
    again = (Said(step.ask.again, ("ask", "again")),) if step.ask.again is not None else ()
    return (Said(step.ask.template, ("ask", "template")), *again)


def _label_of_ask(step: model.Step) -> str:
    asked = step.ask
    if asked is None:
        return "ask"
    into = f" as {asked.into}" if asked.into is not None and asked.into != asked.capture else ""
    tries = f"{asked.tries} tries" if asked.tries > 1 else "1 try"
    return f"ask {asked.template}: {asked.capture}{into} ({tries}, {model.shown_time(asked.within)})"


def _label_of_wait(step: model.Step) -> str:
    waiting = step.wait
    if waiting is None:
        return "wait"
    length = model.shown_time(waiting.for_) if waiting.for_ is not None else ""
    until = "until the customer writes" if waiting.until is not None else ""
    return f"wait {' or '.join(part for part in (length, until) if part)}"


def _label_of_recommend(step: model.Step) -> str:
    wanted = step.recommend
    if wanted is None:
        return "recommend"
    return f"recommend {wanted.most}" + (f": {', '.join(wanted.why)}" if wanted.why != WHYS else "")


def _label_of_hand_over(step: model.Step) -> str:
    match step.hand_over:
        case model.HandOverFile(reason=reason, to=to):
            return f"hand over to {to}: {reason}"
    return f"hand over: {step.hand_over}"


STEPS: dict[str, StepRow] = {
    "reply": StepRow(
        written="reply: returns",
        about="says the template of this name",
        shape="say",
        label=lambda step: f"reply {step.reply}",
        templates=lambda step: (Said(step.reply or "", ("reply",)),),
        answers=True,
    ),
    "ask_engine": StepRow(
        written="ask_engine: bot",
        about="has a bot engine of the settings answer ([engines](engines.md)). Nothing after it is done; if the "
        "engine fails, the flows with the trigger `fallback` answer",
        shape="end",
        label=lambda step: f"ask engine {step.ask_engine}",
        answers=True,
        ends=True,
    ),
    "look_up": StepRow(
        written="look_up: stock",
        about="has a system of the settings asked, or with `[stock, courier]` several side by side "
        "([look-ups](look-ups.md)). What it says is `lookups.stock.<field>` for this message; if it does not answer in "
        "time, the values stay missing",
        shape="do",
        label=lambda step: f"look up {', '.join(step.look_up)}",
    ),
    "personal_link": StepRow(
        written="personal_link: cart",
        about="takes the personal link on offer (`cart` or `product`) for the templates after it: `links.cart`. If "
        "none is on offer, its value stays missing",
        shape="do",
        label=lambda step: f"personal link: {step.personal_link}",
    ),
    "send_code": StepRow(
        written="send_code",
        about="has a one-time code sent to the e-mail address in the message, if it is known",
        shape="do",
        label=lambda _: "send a one-time code",
    ),
    "recommend": StepRow(
        written="recommend: 3",
        about="takes at most so many products that fit the customer ([recommendations](recommendations.md)), or with "
        "`{most: 3, why: [accessory, replenishment, bought_together, viewed]}` only those for some reasons. They are "
        "`recommendations.items` for this message; if nothing fits, the values stay missing",
        shape="do",
        label=_label_of_recommend,
    ),
    "hand_over": StepRow(
        written="hand_over: why",
        about="asks for a person, or with `{reason: why, to: vip}` for one of those who look after special customers",
        shape="do",
        label=_label_of_hand_over,
        answers=True,
    ),
    "tag": StepRow(
        written="tag: [vip]",
        about="gives the conversation and the profile tags",
        shape="do",
        label=lambda step: f"tag {', '.join(step.tag)}",
    ),
    "untag": StepRow(
        written="untag: [vip]",
        about="takes tags away",
        shape="do",
        label=lambda step: f"no tag {', '.join(step.untag)}",
    ),
    "set": StepRow(
        written="set: {company: Glow}",
        about="says something of profile fields; whether it is believed, ownership decides",
        shape="do",
        label=lambda step: "set " + ", ".join(f"{field} = {value}" for field, value in step.set.items()),
    ),
    "intent": StepRow(
        written="intent: lead",
        about="notes what the customer is after: `product_interest`, `support_issue` or `lead`",
        shape="do",
        label=lambda step: f"intent {step.intent}",
    ),
    "if_": StepRow(
        written="if: orders",
        about="one of two ways on, `then: [...]` or `else: [...]`, at most four deep",
        shape="choose",
        label=lambda step: step.if_ or "",
        branches=_branches_of_if,
    ),
    "ask": StepRow(
        written="ask: {template: which_size, capture: text}",
        about="says a template and waits for the answer, which is `answers.<into>` from then on. Where none comes it "
        "asks again, then does `otherwise` and ends; without that a person is asked",
        shape="ask",
        label=_label_of_ask,
        branches=_branches_of_ask,
        templates=_said_by_ask,
        answers=True,
        waits=True,
    ),
    "wait": StepRow(
        written="wait: 2h",
        about="goes on after this time, or with `{until: customer_writes}` when the customer writes",
        shape="wait",
        label=_label_of_wait,
        answers=True,
        waits=True,
    ),
    "stop": StepRow(
        written="stop",
        about="nothing after it is done",
        shape="end",
        label=lambda _: "stop",
        answers=True,
        ends=True,
    ),
}  # fmt: skip
"""By the name of the step (`if_` is written `if`)."""
