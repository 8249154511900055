"""Steps that note something down: tags, fields, intents; and to whom a conversation is handed over."""

from pathlib import Path

import pytest
from conversing import Talk, folder_of
from flow_examples import a_context

from flows.runner import Flows
from middleware.domain.context import ConversationView
from middleware.domain.conversation import Owner, Window
from middleware.domain.turn import FieldSet, HandedOver, IntentNoted, Tagged
from middleware.errors import FlowError

FLOWS = {
    "only_notes": """
priority: 9
triggers: {intent: {en: [wholesale]}}
steps:
  - tag: reseller
  - intent: lead
""",
    "notes": """
triggers: {intent: {en: [wholesale prices]}}
steps:
  - tag: [reseller, b2b]
    when: not conversation.tags
  - untag: consumer
  - set: {lifecycle_stage: lead, custom.origin: chat}
  - reply: said
  - hand_over: {reason: wants to resell, to: vip}
""",
    "again": """
triggers: {intent: {en: [me again]}}
when: '"reseller" in conversation.tags'
steps: [reply: said]
""",
}


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Flows:
    """Flows that note something, over the shipped ones."""
    return Flows.load(folder_of(tmp_path_factory.mktemp("brand"), FLOWS, {"said": "Said"}))


def test_what_is_noted_stands_beside_what_is_said(flows: Flows) -> None:
    """Notes are no answer: the next flow is tried, and what both noted is in the turn."""
    talk = Talk(flows)
    assert talk.says("your wholesale prices?") == "Said"
    assert talk.decisions[-1].flow == "notes"
    assert talk.decisions[-1].effects == (
        HandedOver(reason="wants to resell", to="vip"),
        Tagged(add=("reseller",)),
        IntentNoted(intent="lead"),
        Tagged(add=("reseller", "b2b")),
        Tagged(remove=("consumer",)),
        FieldSet(field="lifecycle_stage", value="lead"),
        FieldSet(field="custom.origin", value="chat"),
    )
    assert "noted: tag reseller, tag b2b" in talk.why


def test_conditions_read_the_tags_of_the_conversation(flows: Flows) -> None:
    """A tag that a flow has set decides what the next one does."""
    tagged = ConversationView(
        id="c", owner=Owner.BOT, window=Window(open=True, why="w"), first_message=False, tags=("reseller",)
    )
    assert Talk(flows).says("me again", context={"conversation": tagged}) == "Said"
    assert Talk(flows).says("me again", context={"conversation": a_context().conversation}) != "Said"


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("set: {email: a@example.com}", "is no field that a flow can set; write company"),
        ("set: {custom.Size: s}", "or custom.<name>"),
        ("intent: sale", "intent"),
        ("hand_over: {reason: x, to: boss}", "hand_over"),
        ("{tag: a, reply: said}", "does one thing"),
        ("tag: []", "does one thing"),
    ],
)
def test_a_wrong_note_is_told_what_to_write(tmp_path: Path, step: str, complaint: str) -> None:
    """No contact can be set, and nothing that is not known."""
    with pytest.raises(FlowError) as refused:
        Flows.load(folder_of(tmp_path, {"bad": f"triggers: {{fallback: true}}\nsteps:\n  - {step}\n"}, {"said": "x"}))
    assert complaint in str(refused.value)
