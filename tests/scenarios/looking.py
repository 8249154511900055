"""People who talk to an installation, and what it holds of them: read past the code that is under test."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from connectors.samples import signed
from connectors.testing import Callback, SentMessage
from middleware.domain.conversation import Conversation
from middleware.domain.erasing import ErasingKey
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.turn import OutboundMessage, Turn
from middleware.store.collections import COLLECTIONS
from middleware.web.site.asking import visitor_of
from tests.running import ACCOUNT_IDS, SECRET, SITE, Running, until
from tests.visitors import item, post

CHANNELS = ("messenger", "instagram", "whatsapp")
EVERYWHERE = (*CHANNELS, "webchat")
"""The platforms' channels, and the chat on the brand's own site."""

BRAND = "glow"

_LINK = re.compile(r"attributes%5Bthroughline%5D=([A-Za-z0-9_-]+)")


@asynccontextmanager
async def database(shop: Running, brand: str | None = BRAND) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The database of a brand, or the common one, on a connection of its own."""
    settings = shop.here.settings
    assert settings.store.uri is not None
    name = settings.store.common_database if brand is None else settings.brands[brand].database
    async with AsyncMongoClient[dict[str, Any]](settings.store.uri.get_secret_value(), tz_aware=True) as client:
        yield client[name]


async def documents(shop: Running, collection: str, brand: str | None = BRAND) -> list[dict[str, Any]]:
    """Everything in one collection."""
    async with database(shop, brand) as found:
        return [document async for document in found[collection].find({})]


_KEYS = COLLECTIONS[ErasingKey].name


async def everything(shop: Running, brand: str | None = BRAND) -> dict[str, list[dict[str, Any]]]:
    """Everything in a database, by collection, without what only counts work (leases, versions, times, jobs), what
    jobs count beside the messages, and the key that an installation makes for itself when it starts.
    """
    async with database(shop, brand) as found:
        names = sorted(set(await found.list_collection_names()) - {"jobs", "co_purchases"})
        kept = {
            name: [each async for each in found[name].find({}) if "secret" not in each or name != _KEYS]
            for name in names
        }
        return {name: sorted(map(_plain, each), key=_id) for name, each in kept.items()}


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in {"v", "t", "lease"}}


def _id(document: dict[str, Any]) -> str:
    return str(document["_id"])


def event_key(channel: str, message_id: str) -> str:
    """The dedup key of a message."""
    return f"{channel}:{ACCOUNT_IDS[channel]}:{message_id}"


async def turns(shop: Running, brand: str = BRAND) -> list[Turn]:
    """All turns, in the order in which they were decided."""
    keys = [document["_id"] for document in await documents(shop, "turns", brand)]
    found = await shop.here.brands[brand].store.get(Turn, keys)
    return sorted((each.record for each in found.values()), key=lambda turn: (turn.decided_at, turn.id))


async def turn_of(shop: Running, channel: str, message_id: str) -> Turn:
    """The turn of one message, which must have one."""
    found = [turn for turn in await turns(shop) if turn.event_key == event_key(channel, message_id)]
    assert len(found) == 1, found
    return found[0]


async def message_of(shop: Running, channel: str, message_id: str) -> OutboundMessage:
    """The one message of the turn of one message."""
    (message,) = (await turn_of(shop, channel, message_id)).messages
    return message


async def conversation_of(shop: Running, sender: str, channel: str | None = None) -> Conversation:
    """The one conversation of a customer."""
    found = [
        document["_id"]
        for document in await documents(shop, "conversations")
        if any(alias.removeprefix("phone||+").rpartition("|")[2] == sender for alias in document["aliases"])
        and channel in {None, document["channel"]}
    ]
    assert len(found) == 1, found
    stored = await shop.here.brands[BRAND].store.get(Conversation, found)
    return stored[found[0]].record


def key_of(sent: SentMessage) -> str | None:
    """Our correlation key in a message that the platform got."""
    key = sent.body.get("biz_opaque_callback_data") or sent.body.get("message", {}).get("metadata")
    return str(key) if key is not None else None


def link_in(text: str) -> str | None:
    """The id of the personal link in a reply."""
    found = _LINK.search(text)
    return found[1] if found else None


def without_links(text: str) -> str:
    """A reply without what differs each time: the ids of personal links."""
    return _LINK.sub("attributes%5Bthroughline%5D=", text)


def new_id(prefix: str = "m") -> str:
    """A message id that nothing else has."""
    return f"{prefix}_{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Said:
    """Something that a customer said, and what became of it."""

    message_id: str
    turn: Turn
    sent: Sequence[SentMessage]

    @property
    def text(self) -> str:
        """The one reply."""
        (reply,) = self.sent
        return reply.text


_IN_CHAT: dict[str, dict[str, str]] = {
    "message": {},
    "quick_reply": {},
    "ad_message": {"product": "23851234567890123"},
}
"""The kinds of messages that the site's chat has. What is an ad elsewhere is there the page of a product."""


@dataclass(frozen=True)
class Person:
    """A customer on one channel. `key` is what only the browser of a visitor of the site has."""

    shop: Running
    channel: str
    id: str
    name: str = "Ben Ortega"
    key: str | None = None

    @property
    def identifier(self) -> Identifier:
        """The one under which they write."""
        if self.channel == "whatsapp" and self.id.isdigit():
            return Identifier(IdentifierKind.PHONE, "", f"+{self.id}")
        kind = IdentifierKind.VISITOR if self.channel == "webchat" else IdentifierKind(self.channel)
        return Identifier(kind, ACCOUNT_IDS[self.channel], self.id)

    async def says(self, text: str, kind: str = "message", **parts: Any) -> Said:
        """Say something, and wait until all work is over."""
        (said,) = await together(self.shop, [(self, text, kind, parts)])
        return said

    async def posts(self, text: str, kind: str = "message", **parts: Any) -> str:
        """Say something, and wait for nothing. The message's id."""
        if self.key is not None:
            return await self._types(text, kind, **parts)
        message_id = parts.pop("message_id", None) or new_id()
        given = {"sender": self.id, "text": text, "message_id": message_id, "name": self.name, **parts}
        await self.shop.say(self.channel, kind, **given)
        return str(message_id)

    async def _types(self, text: str, kind: str, **parts: str) -> str:
        """Say something in the site's chat, as its page does. `token` is one that the site has signed."""
        token = {"token": parts.pop("token")} if "token" in parts else {}
        said = item(what="message", text=text, **_IN_CHAT[kind], **parts)
        status, content, _ = await post(self.shop, "events", {"key": self.key, "events": [said], **token})
        assert status == 204, content
        return f"{self.id}:{said['id']}"

    async def page(self) -> list[dict[str, Any]]:
        """The lines that the site's chat shows to this visitor, who has written."""
        status, content, _ = await post(self.shop, "conversation", {"key": self.key, "after": ""})
        assert status == 200, content
        lines: list[dict[str, Any]] = content["lines"]
        return lines

    async def turn(self, message_id: str) -> Turn:
        """The turn of one of their messages, once there is one."""

        async def decided() -> bool:
            return any(turn.event_key == event_key(self.channel, message_id) for turn in await turns(self.shop))

        await until(decided, "the turn")
        return await turn_of(self.shop, self.channel, message_id)

    async def conversation(self) -> Conversation:
        """Their conversation."""
        return await conversation_of(self.shop, self.id, self.channel)


async def together(shop: Running, said: Sequence[tuple["Person", str, str, dict[str, Any]]]) -> list[Said]:
    """Several customers say something at the same time; what became of each, once all work is over."""
    before = len(shop.graph.sent)
    ids = await asyncio.gather(*(who.posts(text, kind, **parts) for who, text, kind, parts in said))
    await shop.quiet()
    by_event = {turn.event_key: turn for turn in await turns(shop)}
    answered = []
    for (who, _, _, parts), message_id in zip(said, ids, strict=True):
        turn = by_event[event_key(who.channel, message_id)]
        addresses = {who.id, str(parts.get("phone", who.id)).lstrip("+")}
        sent = [each for each in shop.graph.sent[before:] if each.recipient.lstrip("+") in addresses]
        answered.append(Said(message_id, turn, sent if who.key is None else await _shown(who, turn)))
    return answered


async def _shown(who: Person, turn: Turn) -> list[SentMessage]:
    """The replies of a turn as the visitor's page shows them, the addresses of buttons below the text."""
    keys = {message.key for message in turn.messages}
    return [
        SentMessage(
            message_id=line["id"],
            path_id=SITE,
            channel=who.channel,
            recipient=who.id,
            text="\n".join([line["text"], *(each["url"] for each in line.get("choices", ()) if "url" in each)]),
            quick_replies=(),
            key=line["id"],
            at=turn.decided_at,
            body=line,
        )
        for line in await who.page()
        if line["id"] in keys
    ]


def customer(shop: Running, channel: str, number: int = 1, name: str = "Ben Ortega", key: str = "") -> Person:
    """A made-up customer of a channel; the same number, or key of a browser, is the same customer."""
    if channel == "webchat":
        key = key or f"{number:_>43}"
        return Person(shop, channel, visitor_of(SITE, key), name, key)
    ids = {"messenger": f"73{number:010}", "instagram": f"1784140000009{number:04}", "whatsapp": f"34611{number:06}"}
    return Person(shop, channel, ids[channel], name)


async def post_json(
    shop: Running, connector: str, body: dict[str, Any], *, secret: str = SECRET, name: str = ""
) -> int:
    """Deliver a body that was written by hand; the status of the answer."""
    raw, headers = signed(connector, body, secret.encode())
    return await shop.post(connector, raw, headers, name)


def reports_to(shop: Running, *channels: str, delay: float = 0.0, statuses: tuple[str, ...] = ("sent",)) -> None:
    """Let the stand-in report what it accepted, as the platform does: echoes, and WhatsApp's statuses."""
    shop.graph._callbacks = tuple(
        Callback(
            url=f"{shop.url}/webhooks/{channel}",
            secret=SECRET.encode(),
            connector=channel,
            account=ACCOUNT_IDS[channel],
            delay=delay,
            statuses=statuses,
        )
        for channel in channels
    )


def as_text(value: object) -> str:
    """Everything in a value as one text."""
    return json.dumps(value, default=_readable, ensure_ascii=False)


def _readable(value: object) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
