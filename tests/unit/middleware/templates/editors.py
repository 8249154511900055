"""People who edit templates, over a store in memory and the shipped flows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from flows.publishing import Desk
from flows.runner import Flows
from middleware.pipeline.templates.editing import Saved, save_draft
from middleware.pipeline.templates.live import LiveFlows
from middleware.pipeline.templates.parts import Templates
from middleware.pipeline.templates.publishing import Published, publish_draft
from middleware.ports import TemplateDesk
from tests.unit.middleware.memory_store import MemoryStore

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


@cache
def shipped() -> Flows:
    """The shipped flows, which nobody changes."""
    return Flows.shipped()


def source(text: str, name: str = "fallback", more: str = "") -> str:
    """A template that says a text."""
    return f"name: {name}\npurpose: A test.\nlocales:\n  en:\n    text: {text!r}\n    fallback: Sorry.\n{more}"


def source_saying(value: str, name: str = "fallback") -> str:
    """A template that says a value."""
    return source(f"Hi {{{{ {value} }}}}!", name)


@dataclass
class Editors:
    """The templates of a brand, and a clock that goes on by a second with each thing done."""

    of: Templates = field(default_factory=lambda: Templates(MemoryStore(), Desk(shipped())))
    now: datetime = NOW

    @property
    def store(self) -> MemoryStore:
        """The store."""
        assert isinstance(self.of.store, MemoryStore)
        return self.of.store

    def two_persons(self) -> "Editors":
        """The same with the rule that takes two."""
        return replace(self, of=replace(self.of, two_persons=True))

    def later(self, seconds: float = 1.0) -> datetime:
        """A later moment."""
        self.now += timedelta(seconds=seconds)
        return self.now

    async def save(self, text: str, name: str = "fallback", by: str = "kim", **more: Any) -> Saved:
        """Save a draft that says a text."""
        return await save_draft(self.of, name, source(text, name), by=by, now=self.later(), **more)

    async def publish(self, name: str = "fallback", by: str = "lee", **more: Any) -> Published:
        """Publish a draft."""
        return await publish_draft(self.of, name, by=by, now=self.later(), **more)

    async def say(self, text: str, name: str = "fallback", by: str = "kim") -> Published:
        """Save and publish."""
        await self.save(text, name, by)
        return await self.publish(name)

    async def say_unchecked(self, text: str, name: str = "fallback") -> Published:
        """Publish what no check has seen: as a process of another version could have."""
        await self.save(text, name)
        loose = replace(self.of, desk=cast("TemplateDesk", _Unchecked(self.of.desk)))
        return await publish_draft(loose, name, by="lee", now=self.later())

    async def live(self, flows: LiveFlows | None = None) -> LiveFlows:
        """What a process says that looks now."""
        flows = flows if flows is not None else LiveFlows(self.of.desk)
        await flows.look(self.of.store, self.now)
        return flows


class _Unchecked:
    """A desk that finds nothing wrong."""

    def __init__(self, desk: TemplateDesk) -> None:
        self.files = desk.files

    def check(self, *_: str) -> tuple[()]:
        """Nothing."""
        return ()


class Crash(Exception):  # noqa: N818 - it is one
    """The process ends here."""


@contextmanager
def crashing_at(store: MemoryStore, call: int) -> Iterator[None]:
    """Let the store's `call`-th call from now on (from 1) be the one that never comes."""
    left = call

    async def before() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Crash

    old, store.before = store.before, before
    try:
        yield
    finally:
        store.before = old
