"""Each shape of an engine as the contract sees it: its address, its documented request, where its answer has what."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures" / "engines"

Body = dict[str, Any]


@dataclass(frozen=True)
class EngineCase:
    """One shape. `sent_by` puts a sender into the documented request; `values_in` reads an answer, None for unset."""

    name: str
    path: str
    sent_by: Callable[[Body, str], Body]
    values_in: Callable[[Body], Body]
    malformed: int = 400
    most: int = 100

    def body(self, sender: str = "34600111222") -> Body:
        """The documented request, from a sender."""
        found: Body = json.loads((FIXTURES / f"{self.name}.json").read_bytes())
        return self.sent_by(found, sender)


def _rasa(body: Body, sender: str) -> Body:
    return {**body, "sender_id": sender, "tracker": {**body["tracker"], "sender_id": sender}}


def _slots(answer: Body) -> Body:
    assert set(answer) == {"events", "responses"}
    assert answer["responses"] == []
    assert all(set(each) == {"event", "timestamp", "name", "value"} for each in answer["events"])
    assert {each["event"] for each in answer["events"]} <= {"slot"}
    return {each["name"]: each["value"] for each in answer["events"]}


def _fields(answer: Body) -> Body:
    assert set(answer) == {"version", "content"}
    assert answer["version"] == "v2"
    assert set(answer["content"]) <= {"type", "messages", "actions"}
    assert answer["content"]["type"] == "whatsapp"
    assert answer["content"]["messages"] == []
    assert len(answer["content"]["actions"]) <= 5
    found = {}
    for each in answer["content"]["actions"]:
        assert each["action"] == ("set_field_value" if "value" in each else "unset_field_value")
        assert each.get("value", "") is not None
        found[each["field_name"]] = each.get("value")
    return found


def _dialogflow(body: Body, sender: str) -> Body:
    session = f"projects/shop/locations/global/agents/a1/sessions/{sender}"
    return {**body, "sessionInfo": {**body["sessionInfo"], "session": session}}


def _parameters(answer: Body) -> Body:
    assert set(answer) == {"sessionInfo"}
    assert set(answer["sessionInfo"]) == {"parameters"}
    return dict(answer["sessionInfo"]["parameters"])


CASES = (
    EngineCase("rasa", "/v1/engines/rasa/webhook", _rasa, _slots, malformed=422),
    EngineCase(
        "manychat", "/v1/engines/manychat", lambda body, sender: {**body, "whatsapp_phone": sender}, _fields, most=5
    ),
    EngineCase("dialogflow", "/v1/engines/dialogflow", _dialogflow, _parameters),
    EngineCase("http", "/v1/engines/http", lambda body, sender: {**body, "sender": sender}, dict),
)
