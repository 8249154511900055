"""Users in the store, the same for the console and for the command line."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from middleware.domain.users import TICKET_LIVES, Role, Ticket, User
from middleware.ports import BrandStore, Delete, Put, Stored

_TRIES_OUT: tuple[Role, ...] = ("marketer",)


class UserChanged(Exception):  # noqa: N818 - a state of the record
    """Somebody else has changed this user meanwhile, or there is one of this login already."""


async def find_user(store: BrandStore, login: str) -> Stored[User] | None:
    """The user with this login. `store` is what belongs to no brand."""
    return (await store.get(User, [login])).get(login)


async def user_of_subject(store: BrandStore, subject: str) -> Stored[User] | None:
    """The user who is this at the identity provider (`issuer|sub`). Walks all of them: there are few."""
    async for stored in all_users(store):
        if stored.record.subject == subject:
            return stored
    return None


async def all_users(store: BrandStore) -> AsyncIterator[Stored[User]]:
    """Every user, by login."""
    async for some in store.scan(User):
        for stored in some:
            yield stored


async def save_user(store: BrandStore, user: User, before: Stored[User] | None = None) -> None:
    """Write a user, new or over the one that was read. Raises UserChanged."""
    (landed,) = await store.write(before.put(user) if before is not None else Put(user))
    if not landed:
        raise UserChanged


async def issue_ticket(store: BrandStore, user: User, purpose: str, now: datetime, to: str = "") -> str:
    """A link that works once within a day: what stands in it. Only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    ticket = Ticket.model_validate(
        {"id": _hash(secret), "user": user.id, "epoch": user.epoch, "purpose": purpose,
         "expires_at": now + TICKET_LIVES, "to": to}
    )  # fmt: skip
    await store.write(Put(ticket))
    return secret


async def look_at_ticket(store: BrandStore, secret: str, now: datetime) -> tuple[Stored[Ticket], Stored[User]] | None:
    """The ticket behind a link, with whom it is for; None where it does not count (any more)."""
    key = _hash(secret)
    stored = (await store.get(Ticket, [key])).get(key)
    user = await find_user(store, stored.record.user) if stored is not None else None
    if stored is None or user is None or now >= stored.record.expires_at:
        return None
    counts = user.record.epoch == stored.record.epoch and not user.record.disabled
    return (stored, user) if counts else None


async def use_ticket(store: BrandStore, ticket: Stored[Ticket]) -> bool:
    """Use a ticket up; False where somebody else was quicker."""
    # A change that has to land, so that of two who come with one link one gets in.
    used = ticket.record.model_copy(update={"expires_at": datetime.min.replace(tzinfo=ticket.record.expires_at.tzinfo)})
    (landed,) = await store.write(ticket.put(used))
    if landed:
        await store.write(Delete(Ticket, ticket.record.id))
    return landed


class OfBrand(Protocol):
    """A brand, as far as it has a store."""

    @property
    def store(self) -> BrandStore:
        """The brand's store."""


def lost(brands: Mapping[str, OfBrand], before: User, user: User) -> list[BrandStore]:
    """The stores of the brands in which a user who was changed may not try templates out (any more). Whoever was
    disabled, or is let in again, begins anew.
    """
    stays = not before.disabled and not user.disabled and user.does(_TRIES_OUT)
    return [each.store for name, each in brands.items() if not stays or name not in user.brands]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
