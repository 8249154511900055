"""Flows over several messages: questions, what counts as an answer, and what a customer may say instead."""

from datetime import timedelta
from pathlib import Path

import pytest
from conversing import Talk, folder_of, template_text

from flows.engine.captures import Capture, answer_in
from flows.runner import Flows
from middleware.domain.context import ProofView
from middleware.domain.events import Attachment, Message, Referral
from middleware.domain.turn import HandedOver, NameClaimed
from middleware.errors import FlowError

TWO = "    quick_replies:\n      - {title: Small jar, payload: 'size:s'}\n      - {title: Big jar, payload: 'size:b'}\n"

FLOWS = {
    "contact": """
triggers: {intent: {en: [contact me]}, payload: [contact]}
steps:
  - ask: {template: ask_name, capture: name}
  - ask: {template: ask_email, again: ask_email_again, capture: email, into: where, tries: 2}
  - reply: thanks
  - hand_over: wants to be contacted
""",
    "size": """
triggers: {intent: {en: [choose size]}}
steps:
  - ask:
      template: ask_size
      capture: choice
      into: size
      tries: 1
      otherwise:
        - reply: never_mind
  - if: answers.size == "size:b"
    then:
      - reply: big
    else:
      - reply: small
""",
    "free": """
triggers: {intent: {en: [feedback]}}
steps:
  - ask: {template: ask_text, capture: text, within: 1h}
  - reply: noted
""",
    "nested": """
triggers: {intent: {en: [nested one]}}
steps:
  - if: conversation.window.open
    then:
      - ask: {template: ask_text, capture: number, tries: 1, otherwise: [ask: {template: ask_name, capture: name}]}
      - reply: small
  - reply: big
""",
    "last": "triggers: {intent: {en: [last one]}}\nsteps: [ask: {template: ask_text, capture: number}]\n",
    "sizes": "triggers: {payload: [size]}\nsteps: [reply: hours]\n",
    "other": """
triggers: {intent: {en: [opening hours]}, payload: [hours]}
steps: [reply: hours]
""",
    "urgent": """
priority: 5
triggers: {intent: {en: [allergic reaction]}}
steps: [reply: urgent]
""",
    "closed": """
priority: 9
triggers: {intent: {en: [never heard]}}
when: cart.items
needs: [cart]
steps: [reply: hours]
""",
}

TEMPLATES = {
    "ask_name": "What is your name?",
    "ask_email": "Where can we write to, {{ answers.name | default('you') }}?",
    "ask_email_again": "I see no address in that.",
    "thanks": "Thanks {{ answers.name }}, we write to {{ answers.where }}.",
    "ask_size": template_text("ask_size", "Which one?", TWO),
    "big": "Big it is.",
    "small": "Small it is.",
    "never_mind": "Never mind.",
    "ask_text": "Tell me.",
    "noted": "Noted: {{ answers.text }}",
    "hours": "We open at nine.",
    "urgent": "A person comes at once.",
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Flows:
    """Flows that ask, over the shipped ones."""
    return Flows.load(folder_of(tmp_path_factory.mktemp("brand"), FLOWS, TEMPLATES))


@pytest.fixture
def talk(flows: Flows) -> Talk:
    """A conversation that has not begun."""
    return Talk(flows)


def test_answers_are_kept_from_question_to_question(talk: Talk) -> None:
    """A flow goes on with what follows its question, and says what was answered before."""
    assert talk.says("please contact me") == "What is your name?"
    assert talk.says("my name is Ana Ruiz") == "Where can we write to, Ana Ruiz?"
    assert talk.says("it's ana@example.com, thanks") == "Thanks Ana Ruiz, we write to ana@example.com."
    assert talk.state is None
    assert HandedOver(reason="wants to be contacted") in talk.decisions[-1].effects


def test_a_name_becomes_a_claim_and_nothing_of_it_is_in_the_trace(talk: Talk) -> None:
    """A name that was asked for is a masked claim; no reason has a word of the customer."""
    talk.says("contact me")
    talk.says("Ana Ruiz")
    assert talk.decisions[-1].effects == (NameClaimed(masked="A…"),)
    talk.says("ana@example.com")
    assert "Ana" not in "".join(str(decision.why) for decision in talk.decisions)


def test_what_is_no_answer_is_asked_again_and_then_left_to_a_person(talk: Talk) -> None:
    """After `tries` messages without an answer a person is asked, and the next message is looked at afresh."""
    talk.says("contact me")
    talk.says("Ana")
    assert talk.says("why do you want to know?") == "I see no address in that."
    assert talk.state is not None
    assert talk.state.answers == {"name": "Ana"}
    assert "I have passed it on" in talk.says("no")
    assert talk.decisions[-1].effects == (HandedOver(reason="contact: ask_where: no email in 2 messages"),)
    assert talk.state is None
    assert talk.says("opening hours?") == "We open at nine."


def test_otherwise_is_done_instead_of_what_follows(talk: Talk) -> None:
    """A flow that says what to do without an answer does that, and ends."""
    talk.says("choose size")
    assert talk.says("hm") == "Never mind."
    assert talk.state is None


def test_it_goes_on_with_what_follows_around_it(talk: Talk) -> None:
    """After a question inside of a condition comes the rest of that, then what follows the condition."""
    talk.says("nested one")
    assert talk.says("3") == "Small it is.\nBig it is."


def test_a_question_inside_of_otherwise_ends_with_it(talk: Talk) -> None:
    """Where no answer came the flow ends with `otherwise`, also when that asks something itself."""
    talk.says("nested one")
    assert talk.says("none") == "What is your name?"
    said = talk.says("Ana")
    assert "Small it is" not in said
    assert "Big it is" not in said
    assert talk.state is None


def test_where_nothing_follows_another_flow_answers(talk: Talk) -> None:
    """A flow that has nothing to say to the answer leaves it to the others: nobody is left without a word."""
    talk.says("last one")
    assert talk.says("3, and what are your opening hours") == "We open at nine."
    assert "last has nothing more to say" in talk.why


@pytest.mark.parametrize(
    ("text", "payload", "said"),
    [
        ("Big jar", "size:b", "Big it is."),
        ("the small jar please", None, "Small it is."),
        ("BIG JAR!", None, "Big it is."),
        ("2", None, "Big it is."),
        ("1.", None, "Small it is."),
        ("3", None, "Never mind."),
        ("the small jar or the big jar", None, "Never mind."),
        ("I had a small jar once and it fell off the table yesterday", None, "Never mind."),
    ],
)
def test_a_choice_is_tapped_or_written(talk: Talk, text: str, payload: str | None, said: str) -> None:
    """What was tapped counts, or the one title that was written, or the number of its line."""
    talk.says("choose size")
    assert talk.says(text, payload=payload) == said


def test_a_phrase_is_heard_instead_of_a_bad_answer(talk: Talk) -> None:
    """A message without the answer that asks for another flow is answered by that one, and the question is over."""
    talk.says("contact me")
    talk.says("Ana")
    assert talk.says("what are your opening hours?") == "We open at nine."
    assert "contact is left for other" in talk.why
    assert talk.state is None


def test_a_name_is_no_phrase(talk: Talk) -> None:
    """Names look like anything, so a phrase counts for more than one."""
    talk.says("contact me")
    assert talk.says("opening hours") == "We open at nine."


def test_an_answer_counts_for_more_than_a_phrase_beside_it(talk: Talk) -> None:
    """A message with the answer in it goes on, whatever other flow of the same priority has a phrase in it."""
    talk.says("contact me")
    talk.says("Ana")
    assert talk.says("ana@example.com, and what are your opening hours") == "Thanks Ana, we write to ana@example.com."


def test_free_text_is_left_for_a_higher_priority_only(talk: Talk) -> None:
    """Any text is an answer to an open question, unless a flow of a higher priority is asked for."""
    talk.says("feedback")
    assert talk.says("your opening hours are odd") == "Noted: your opening hours are odd"
    talk.says("feedback")
    assert talk.says("I have an allergic reaction") == "A person comes at once."
    assert "free is left for urgent" in talk.why


def test_a_flow_that_would_not_answer_is_not_heard(talk: Talk) -> None:
    """A phrase of a flow whose condition does not hold leaves no question."""
    talk.says("feedback")
    assert talk.says("never heard") == "Noted: never heard"


def test_a_pressed_button_leaves_the_question(talk: Talk) -> None:
    """The payload of a flow is another intent, its own begins the flow anew."""
    talk.says("feedback")
    assert talk.says("Hours", payload="hours") == "We open at nine."
    talk.says("feedback")
    assert talk.says("Contact", payload="contact:again") == "What is your name?"


def test_a_code_and_a_referral_leave_the_question(talk: Talk) -> None:
    """A one-time code answers what it was sent for, and who comes through an ad has come for that."""
    talk.says("feedback")
    talk.says("123456", context={"proof": ProofView(code="wrong")})
    assert talk.decisions[-1].flow == "identify"
    talk.says("feedback")
    talk.says("", referral=Referral(headline="Serum"))
    assert "through an ad or a link" in talk.why
    assert talk.decisions[-1].flow != "free"


def test_the_time_for_an_answer_ends(talk: Talk) -> None:
    """An answer after the time of the question is looked at as if nothing had been asked; just before, it counts."""
    talk.says("feedback")
    assert talk.says("fine", after=timedelta(minutes=59)) == "Noted: fine"
    talk.says("feedback")
    assert not talk.says("fine", after=timedelta(hours=1)).startswith("Noted")
    assert "the time for that is over" in talk.why


def test_a_file_or_a_sticker_keeps_the_question(talk: Talk) -> None:
    """What has no words is no answer, and no bad one either."""
    talk.says("feedback")
    assert talk.says("   ") == ""
    assert "Thank you, I got it" in talk.says("", attachments=(Attachment(kind="image"),))
    assert talk.state is not None
    assert talk.says("fine") == "Noted: fine"


def test_a_new_version_of_the_file_goes_on(flows: Flows, tmp_path: Path) -> None:
    """A question is found by its name although steps were put before it; its state says that the file has changed."""
    talk = Talk(flows)
    talk.says("contact me")
    talk.says("Ana")
    steps = "steps:\n  - reply: hours\n"
    changed = {
        **FLOWS,
        "contact": FLOWS["contact"].replace("steps:\n", steps).replace("capture: name", "capture: text"),
    }
    now = {"ask_email": "Where can we write to?", "thanks": "Thank you {{ answers.where }}."}
    talk.flows = Flows.load(folder_of(tmp_path, changed, {**TEMPLATES, **now}))
    # The step of the name is another one by now; that of the address is where it was.
    assert talk.says("ana@example.com") == "Thank you ana@example.com."
    assert "its file has changed since" in talk.why


@pytest.mark.parametrize("gone", ["the step", "the flow"])
def test_a_step_that_is_gone_ends_it(flows: Flows, tmp_path: Path, gone: str) -> None:
    """Where the step is gone the state ends, the trace says so, and the flows are tried anew."""
    talk = Talk(flows)
    talk.says("feedback")
    others = {**FLOWS, "free": "triggers: {intent: {en: [feedback]}}\nsteps: [reply: hours]\n"}
    if gone == "the flow":
        del others["free"]
    talk.flows = Flows.load(folder_of(tmp_path, others, TEMPLATES))
    assert talk.says("opening hours") == "We open at nine."
    assert "free waited at ask_text, which is no longer there" in talk.why
    assert talk.state is None


def _message(text: str, payload: str | None = None) -> Message:
    return Message(id="m", kind="text", text=text, payload=payload)


@pytest.mark.parametrize(
    ("capture", "text", "answer"),
    [
        ("email", "it is ana.ruiz+shop@example.co.uk.", "ana.ruiz+shop@example.co.uk"),
        ("email", "a@x.example or b@x.example", None),
        ("email", "ana at example", None),
        ("phone", "+34 600 111 222", "+34 600 111 222"),
        ("phone", "call (030) 1234567 please", "030 1234567"),
        ("phone", "call 030 1234567 please", "030 1234567"),
        ("phone", "12345", None),
        ("order_reference", "it was #1001", "#1001"),
        ("order_reference", "GLOW-1001 I think", "GLOW-1001"),
        ("order_reference", "1001 or 1002", None),
        ("name", "Ich heiße José María O'Neill-Ruiz.", "José María O'Neill-Ruiz"),
        ("name", "me llamo Ana", "Ana"),
        ("name", "R2D2", None),
        ("name", "I would like to know that first", None),
        ("name", "https://evil.example", None),
        ("text", "  two\nlines\u202e ", "two lines"),
        ("text", "\u200f \n", None),
        ("number", "two", None),
        ("number", "I need 12 of them", 12),
        ("number", "1.5", None),
        ("number", "3 or 4", None),
        ("number", "99999999999999999999", None),
    ],
)
def test_what_counts_as_an_answer(capture: Capture, text: str, answer: str | int | None) -> None:
    """Each capture takes what it asks for and nothing else: cleaned, on one line, one thing only."""
    assert answer_in(capture, _message(text), ()) == answer


def test_the_platforms_own_button_brings_the_address() -> None:
    """An address that was tapped comes as the payload."""
    assert answer_in("email", _message("", "ana@example.com"), ()) == "ana@example.com"


def test_an_answer_is_bounded() -> None:
    """However much is written, two hundred characters are kept."""
    answer = answer_in("text", _message("x" * 100_000), ())
    assert isinstance(answer, str)
    assert len(answer) == 200


ASK = "triggers: {fallback: true}\nsteps:\n  - ask: {template: hours, capture: %s}\n"


@pytest.mark.parametrize(
    ("flow", "complaint"),
    [
        (ASK % "mail", "capture"),
        (ASK % "choice", "asks for a choice, and template hours offers none; give it quick_replies"),
        (ASK.replace("hours", "hourz") % "text", "there is no template 'hourz' - did you mean hours?"),
        (ASK % "text" + "  - reply: hours\n    when: answers.size", "reads answers.size; add an ask with into: size"),
        (ASK % "text" + "  - reply: thanks", "template thanks reads answers.name; add an ask with into: name"),
        (ASK % "text" + "  - ask: {template: hours, capture: text}", "two steps wait under the name ask_text"),
        (ASK % "text" + "  - reply: hours\n    name: x", "has a name; only ask and wait have one"),
        (ASK.replace("}\n", ", within: 9d}\n").replace("true, within: 9d", "true") % "text", "at most 7 days"),
        ("triggers: {fallback: true}\nsteps: [wait: {though_written: true}]", "never ends; write for: 2h"),
        ("triggers: {fallback: true}\nsteps: [wait: soon]", "write 30m, 2h or 1d"),
    ],
)
def test_a_wrong_file_is_told_what_to_write(tmp_path: Path, flow: str, complaint: str) -> None:
    """What is wrong with a question or a wait is said when the file is read, with what to write instead."""
    templates = {name: TEMPLATES[name] for name in ("hours", "thanks")}
    with pytest.raises(FlowError) as refused:
        Flows.load(folder_of(tmp_path, {"bad": flow}, templates))
    assert complaint in str(refused.value)
    assert "bad.yaml" in str(refused.value)
