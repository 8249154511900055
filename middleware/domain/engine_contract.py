"""The engine contract, `throughline.turn/1`, as models: what an engine is asked for one turn, and what it may answer.

The schema is made from them. A question is built by `middleware/handover/asking.py`; answers are read by
`engine_answers.py`, which takes whatever fits the schema, and more: what is too long or too many it cuts or leaves out.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from middleware.domain.context import Context, MessageView
from middleware.domain.conversation import Intent
from middleware.domain.engine_answers import (
    LONGEST_CAPTION,
    LONGEST_FILE_NAME,
    LONGEST_PAYLOAD,
    LONGEST_REASON,
    LONGEST_SUBTITLE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_BUTTONS_OF_A_CARD,
    MOST_BYTES,
    MOST_CARDS,
    MOST_CHOICES,
    MOST_MESSAGES,
    PHONE,
    PLACE,
)
from middleware.domain.forms import LONGEST_ADDRESS
from middleware.domain.record import Record
from middleware.domain.settable import CUSTOM_FIELD, LONGEST_NOTE, MOST_NOTES, SETTABLE

SCHEMA: Literal["throughline.turn/1"] = "throughline.turn/1"


class ReplyTo(Record):
    """Where an answer that takes longer goes (POST), and until when it counts."""

    url: str
    until: datetime


class Limits(Record):
    """What an answer may hold. `channel` are the numbers of the channel, as `policy.limits` of the context."""

    messages: int = MOST_MESSAGES
    bytes: int = MOST_BYTES
    channel: dict[str, Any] = Field(default_factory=dict)


class TurnMessage(MessageView):
    """The message that is to be answered, as it stands in the context, and the conversation that it is in."""

    conversation: str | None = None
    """Its id, as in the context: the same for all messages of one conversation."""


class TurnRequest(Record):
    """What an engine is asked for one turn. No `message`: nobody wrote. `values` are those that the settings name."""

    schema_: Literal["throughline.turn/1"] = Field(default=SCHEMA, alias="schema")
    turn: str
    at: datetime
    message: TurnMessage | None
    context: Context
    prompt: str | None
    values: dict[str, str]
    reply: ReplyTo | None
    limits: Limits


_SHOWN = r"\S"
"""Something in it can be seen."""

Title = Annotated[str, StringConstraints(pattern=_SHOWN, max_length=LONGEST_TITLE)]
Payload = Annotated[str, StringConstraints(pattern=_SHOWN, max_length=LONGEST_PAYLOAD)]
Note = Annotated[str, StringConstraints(pattern=_SHOWN, max_length=LONGEST_NOTE)]
Address = Annotated[str, StringConstraints(pattern=f"^https?://{PLACE}$", max_length=LONGEST_ADDRESS)]
SafeAddress = Annotated[str, StringConstraints(pattern=f"^https://{PLACE}$", max_length=LONGEST_ADDRESS)]
SettableField = Annotated[str, StringConstraints(pattern=f"^({'|'.join(SETTABLE)}|{CUSTOM_FIELD})$")]


def _one_of(*alternatives: dict[str, Any]) -> ConfigDict:
    """The configuration of a model that has to fit at least one of these shapes, too."""
    return ConfigDict(json_schema_extra={"allOf": [{"anyOf": list(alternatives)}]})


def _has(field: str, **shape: Any) -> dict[str, Any]:  # noqa: ANN401 - words of JSON Schema
    return {"required": [field], "properties": {field: shape}}


class AnswerQuickReply(BaseModel):
    """A tappable answer: `title` is shown, `payload` comes back."""

    title: Title
    payload: Payload


class _Button(BaseModel):
    title: Title


class AnswerReplyButton(_Button):
    """A button whose `payload` comes back."""

    kind: Literal["reply"] | None = None
    payload: Payload
    url: None = None
    phone: None = None


class AnswerUrlButton(_Button):
    """A button that opens a page."""

    kind: Literal["url"] | None = None
    payload: None = None
    url: Address
    phone: None = None


class AnswerPhoneButton(_Button):
    """A button that dials a number: `+` and country code."""

    kind: Literal["phone"] | None = None
    payload: None = None
    url: None = None
    phone: Annotated[str, StringConstraints(pattern=f"^{PHONE}$")]


AnswerButton = AnswerReplyButton | AnswerUrlButton | AnswerPhoneButton


class AnswerMedia(BaseModel):
    """A picture, recording, film or file at a public address."""

    type: Literal["image", "audio", "video", "file"]
    url: SafeAddress
    caption: Annotated[str, StringConstraints(max_length=LONGEST_CAPTION)] | None = None
    file_name: Annotated[str, StringConstraints(max_length=LONGEST_FILE_NAME)] | None = None


class AnswerCard(BaseModel):
    """One card of a row that is leafed through sideways."""

    title: Title
    subtitle: Annotated[str, StringConstraints(max_length=LONGEST_SUBTITLE)] | None = None
    image_url: SafeAddress | None = None
    buttons: Annotated[tuple[AnswerButton, ...], Field(max_length=MOST_BUTTONS_OF_A_CARD)] = ()


class AnswerMessage(BaseModel):
    """One message: a text, media, cards, buttons. What does not go together on the channel becomes several messages.
    Quick replies stand under a text: their own, or that of the message before.
    """

    model_config = _one_of(
        _has("text", type="string", pattern=_SHOWN),
        _has("media", type="object"),
        _has("cards", minItems=1),
        _has("buttons", minItems=1),
    )

    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    quick_replies: Annotated[tuple[AnswerQuickReply, ...], Field(max_length=MOST_CHOICES)] = ()
    buttons: Annotated[tuple[AnswerButton, ...], Field(max_length=MOST_CHOICES)] = ()
    media: AnswerMedia | None = None
    cards: Annotated[tuple[AnswerCard, ...], Field(max_length=MOST_CARDS)] = ()


class TurnAnswer(BaseModel):
    """What an engine answers. An empty list of messages says nothing. `hand_over`: a person should look at it, true or
    why; beside it, messages may be missing. `set`, `tags` and `intent` are noted of the customer, as flows do.
    """

    model_config = _one_of(
        _has("messages"),
        _has("hand_over", const=True),
        _has("hand_over", type="string"),
    )

    messages: Annotated[tuple[AnswerMessage, ...], Field(max_length=MOST_MESSAGES)] = ()
    set: Annotated[dict[SettableField, Note | bool | int | float], Field(max_length=MOST_NOTES)] = Field(
        default_factory=dict, json_schema_extra={"additionalProperties": False}
    )
    tags: Annotated[tuple[Note, ...], Field(max_length=MOST_NOTES)] = ()
    hand_over: Annotated[str, StringConstraints(pattern=_SHOWN, max_length=LONGEST_REASON)] | bool | None = None
    intent: Intent | None = None
