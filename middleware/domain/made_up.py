"""Made-up people for trying: on which accounts they are, by what one knows them, and how far filling them in has come.

Their accounts are no accounts of any platform: no webhook speaks for them, and nothing leaves for them. Phone numbers
are those that Ofcom keeps free for drama, addresses those of RFC 2606: neither is anybody's.
"""

from datetime import datetime, timedelta
from typing import Literal

from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.domain.record import Record

MADE_UP = "made-up"
"""The name of their accounts, the tag of their conversations, and the id of `MadeUp`."""

MADE_UP_ACCOUNTS = {
    "whatsapp": MADE_UP,
    "instagram": MADE_UP,
    "messenger": MADE_UP,
    "shopify": "made-up.example",
    "zendesk": "999999999999",
}
"""The id of their account, by connector."""

PHONES = tuple(f"+4477009009{number:02}" for number in range(10, 20))
EMAILS = tuple(f"{name}@made-up.example" for name in ("nora", "omar", "lena"))

STALLED_AFTER = timedelta(seconds=40)
"""Without a step for so long, whoever was at it has died."""

_SCOPES = frozenset({*MADE_UP_ACCOUNTS.values(), *(f"{name}:{each}" for name, each in MADE_UP_ACCOUNTS.items())})
_ANYBODYS = frozenset(
    {
        *(Identifier(IdentifierKind.PHONE, "", each).key for each in PHONES),
        *(Identifier(IdentifierKind.EMAIL, "", each).key for each in EMAILS),
    }
)

State = Literal["none", "filling", "there", "removing"]


class MadeUp(Record):
    """How far it is: `done` of `of` steps. `left` are people who stay, since a real one was merged with them; `shells`
    the ids of emptied conversations that have not been deleted yet.
    """

    id: str = MADE_UP
    state: State = "none"
    done: int = 0
    of: int = 0
    at: datetime
    left: int = 0
    trouble: str = ""
    shells: tuple[str, ...] = ()

    def is_under_way(self, now: datetime) -> bool:
        """Whether somebody is at it."""
        return self.state in {"filling", "removing"} and now - self.at < STALLED_AFTER

    def is_stalled(self, now: datetime) -> bool:
        """Whether it was begun and is not over, and nobody is at it."""
        return self.state in {"filling", "removing"} and not self.is_under_way(now)


def is_made_up(key: str) -> bool:
    """Whether an identifier, by its key, is one of theirs. A personal link is by whom it was given to."""
    return key in _ANYBODYS or Identifier.from_key(key).scope in _SCOPES


def scoped_prefixes() -> tuple[str, ...]:
    """How the keys of their identifiers begin, but for phones and addresses."""
    return tuple(f"{kind}|{scope}|" for kind in IdentifierKind for scope in sorted(_SCOPES))


def unscoped_keys() -> frozenset[str]:
    """The keys of their phones and addresses."""
    return _ANYBODYS
