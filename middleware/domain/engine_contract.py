"""The engine contract, `throughline.turn/1`: what an engine is asked for one turn, and the one shape of its answer.

An answer is untrusted: read strictly, bounded, and its texts are texts, never rendered as templates.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import from_json, to_json

from middleware.domain.context import Context, LinkOffer, MessageView
from middleware.domain.forms import Address, Button, Buttons, Media, PhoneButton, ReplyButton, UrlButton
from middleware.domain.messages import QuickReply, Reply
from middleware.domain.record import Record
from middleware.domain.unseen import seen

SCHEMA: Literal["throughline.turn/1"] = "throughline.turn/1"

MOST_BYTES = 64 * 1024
"""Of one answer."""
MOST_MESSAGES = 10
_MOST_NOTES = 20
_MOST_REASONS = 3

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Payload = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Text = Annotated[str, StringConstraints(max_length=8000)]
Named = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(seen)]
Scalar = (
    Annotated[str, StringConstraints(max_length=500), AfterValidator(seen)]
    | bool
    | Annotated[int, Field(ge=-(2**53), le=2**53)]
    | Annotated[float, Field(ge=-(2**53), le=2**53, allow_inf_nan=False)]
    | None
)
Intent = Literal["product_interest", "support_issue", "lead"]


class AnswerError(ValueError):
    """An answer that is not of the contract. Says where and what, with no word of the answer but names of its keys."""


class ReplyTo(Record):
    """Where an answer that takes longer goes (POST), and until when it counts."""

    url: str
    until: datetime


class Limits(Record):
    """What an answer may hold. `channel` are the numbers of the channel, as `policy.limits` of the context."""

    messages: int = MOST_MESSAGES
    bytes: int = MOST_BYTES
    channel: dict[str, Any] = Field(default_factory=dict)


class TurnRequest(Record):
    """What an engine is asked for one turn. `message` is that of the context; None where nobody wrote."""

    schema_: Literal["throughline.turn/1"] = Field(default=SCHEMA, alias="schema")
    turn: str
    at: datetime
    message: MessageView | None
    context: Context
    prompt: str | None
    reply: ReplyTo | None
    limits: Limits


class _Taken(BaseModel):
    """A part of an answer: strict types, and what is not of the contract is ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class AnswerQuickReply(_Taken):
    """A tappable answer: `title` is shown, `payload` comes back."""

    title: Title
    payload: Payload


class AnswerButton(_Taken):
    """A button: `reply` has a `payload`, `url` an address (http or https), `phone` a number (`+` and country code)."""

    kind: Literal["reply", "url", "phone"]
    title: Title
    payload: Payload | None = None
    url: Address | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{5,15}$")] | None = None

    @model_validator(mode="after")
    def _has_its_own(self) -> Self:
        needs = "payload" if self.kind == "reply" else self.kind
        if getattr(self, needs) is None:
            raise ValueError(f"a button of the kind {self.kind} has a {needs}")
        return self

    def as_button(self) -> Button:
        """The button as replies have it."""
        title = seen(self.title)
        if self.kind == "url":
            return UrlButton(title=title, url=self.url or "")
        if self.kind == "phone":
            return PhoneButton(title=title, phone=self.phone or "")
        return ReplyButton(title=title, payload=self.payload or "")


class AnswerMedia(_Taken):
    """A picture, recording, film or file at a public address."""

    type: Literal["image", "audio", "video", "file"]
    url: Address
    caption: Annotated[str, StringConstraints(max_length=1000)] | None = None
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=240)] | None = None


class AnswerMessage(_Taken):
    """One message: a text or media, with quick replies or buttons."""

    text: Text = ""
    quick_replies: Annotated[tuple[AnswerQuickReply, ...], Field(max_length=20)] = ()
    buttons: Annotated[tuple[AnswerButton, ...], Field(max_length=20)] = ()
    media: AnswerMedia | None = None
    template: None = None
    """Never: what an engine says is text."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(map(bool, (self.quick_replies, self.buttons, self.media))) > 1:
            raise ValueError("a message has one of quick_replies, buttons and media")
        if self.media is None and not seen(self.text, lines=True).strip():
            raise ValueError("a message has a text, or media")
        return self

    def as_reply(self) -> Reply:
        """The message as a flow would have decided it."""
        text = seen(self.text, lines=True).strip()
        if self.media is not None:
            caption = seen(self.media.caption, lines=True) if self.media.caption else None
            name = seen(self.media.file_name) if self.media.file_name else None
            form = Media(type=self.media.type, url=self.media.url, caption=caption, file_name=name or None)
            return Reply(text=text, form=form)
        if self.buttons:
            return Reply(text=text, form=Buttons(buttons=tuple(each.as_button() for each in self.buttons)))
        quick = tuple(QuickReply(title=seen(each.title), payload=each.payload) for each in self.quick_replies)
        return Reply(text=text, quick_replies=quick)


class TurnAnswer(_Taken):
    """What an engine answers. No messages: it says nothing. `hand_over`: a person should look at it, true or why."""

    messages: Annotated[tuple[AnswerMessage, ...], Field(max_length=MOST_MESSAGES)]
    set: Annotated[dict[Named, Scalar], Field(max_length=20)] = Field(default_factory=dict)
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = ()
    hand_over: Annotated[str, StringConstraints(min_length=1, max_length=300)] | bool = False
    intent: Intent | None = None


class Read(NamedTuple):
    """An answer as it was understood. `ignored` names the keys in it that are not of the contract, with their place."""

    answer: TurnAnswer
    ignored: tuple[str, ...]


def read_answer(body: bytes) -> Read:
    """Read the body of an engine's answer. Raises AnswerError, with a reason that says where."""
    if len(body) > MOST_BYTES:
        raise AnswerError(f"an answer has at most {MOST_BYTES} bytes, this one has {len(body)}")
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise AnswerError(f"the answer is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise AnswerError('an answer is an object: {"messages": [{"text": "..."}]}')
    try:
        answer = TurnAnswer.model_validate_json(body)
    except ValidationError as error:
        raise AnswerError(_said(error)) from None
    return Read(answer, tuple(_ignored(content, TurnAnswer, "")[:_MOST_NOTES]))


def replies_of(answer: TurnAnswer) -> tuple[Reply, ...]:
    """The messages of an answer as replies, in their order. What a channel cannot show is fitted when they are sent."""
    return tuple(message.as_reply() for message in answer.messages)


def links_used(answer: TurnAnswer, offered: Mapping[str, LinkOffer]) -> tuple[str, ...]:
    """The purposes of the personal links on offer whose address the answer says: these come into being with it."""
    said = answer.model_dump_json()
    return tuple(purpose for purpose, link in offered.items() if to_json(link.url).decode().strip('"') in said)


def reason_of(answer: TurnAnswer) -> str | None:
    """Why a person should look at it, in the engine's words on one line; None if none is asked for."""
    if isinstance(answer.hand_over, str):
        return seen(answer.hand_over).strip() or "the engine asked for a person"
    return "the engine asked for a person" if answer.hand_over else None


_PARTS: dict[type[_Taken], dict[str, type[_Taken]]] = {
    TurnAnswer: {"messages": AnswerMessage},
    AnswerMessage: {"quick_replies": AnswerQuickReply, "buttons": AnswerButton, "media": AnswerMedia},
}


def _ignored(content: dict[str, Any], model: type[_Taken], before: str) -> list[str]:
    """The keys that the model does not have, and those of its parts."""
    found = [f"{before}{_shown(key)}" for key in content if key not in model.model_fields]
    for key, part in _PARTS.get(model, {}).items():
        value = content.get(key)
        inside = [(f"{before}{key}.", value)]
        if isinstance(value, list):
            inside = [(f"{before}{key}[{place}].", each) for place, each in enumerate(value)]
        for path, each in inside:
            found += _ignored(each, part, path) if isinstance(each, dict) else []
    return found


def _said(error: ValidationError) -> str:
    """The first reasons of a refusal, each with its place."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    places: dict[str, list[str]] = {}
    for each in errors:
        places.setdefault(_place(each["loc"]), []).append(_words(each["type"], each["msg"]))
    reasons = [f"{place}: {' or '.join(words)}" for place, words in places.items()]
    if {each["loc"] for each in errors} == {("messages",)} and errors[0]["type"] == "missing":
        reasons = ['messages: it is missing; the one shape of an answer is {"messages": [{"text": "..."}]}']
    more = len(reasons) - _MOST_REASONS
    return "; ".join(reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")


def _place(location: tuple[int | str, ...]) -> str:
    """A place in an answer: `messages[0].text`. Names of union members, which pydantic adds, are left out."""
    said = ""
    for step in location:
        if isinstance(step, int):
            said += f"[{step}]"
        elif step not in _MEMBERS and not step.startswith(("constrained-", "function-")):
            said += f".{_shown(step)}" if said else _shown(step)
    return said or "the answer"


_MEMBERS = frozenset({"str", "bool", "int", "float", "none", "[key]"})


def _words(kind: str, message: str) -> str:
    if kind == "none_required":
        return "an engine sends text, never a template"
    return message.removeprefix("Value error, ").replace("Input should be", "has to be")


def _shown(key: str) -> str:
    """A key of the answer as it may stand in a note."""
    return seen(key[:40])
