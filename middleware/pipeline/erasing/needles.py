"""Finding a person in bytes that nobody could read, by their identifiers. Pure."""

import re
from collections.abc import Iterable

from middleware.domain.identifiers import Identifier, IdentifierKind

_NAMES_SOMEBODY = frozenset(
    {
        IdentifierKind.MESSENGER,
        IdentifierKind.INSTAGRAM,
        IdentifierKind.WHATSAPP,
        IdentifierKind.PHONE,
        IdentifierKind.EMAIL,
        IdentifierKind.SHOP_CUSTOMER,
        IdentifierKind.SHOP_ORDER,
        IdentifierKind.SOURCE_RECORD,
        IdentifierKind.TICKET,
        IdentifierKind.VISITOR,
        IdentifierKind.SITE_ACCOUNT,
    }
)
SHORTEST = 5
"""Characters of a value that is looked for: a shorter one stands in much that is about others."""

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Needles:
    """What to look for: whole words, with JSON's escapes undone, in any case, numbers with and without `+`."""

    def __init__(self, keys: Iterable[str]) -> None:
        named = (Identifier.from_key(key) for key in keys)
        values = {each.value.removeprefix("+").casefold() for each in named if each.kind in _NAMES_SOMEBODY}
        words = sorted(re.escape(value) for value in values if len(value) >= SHORTEST)
        self._found = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None

    def are_in(self, raw: bytes) -> bool:
        """Whether one of them stands in these bytes."""
        if self._found is None:
            return False
        text = _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), raw.decode(errors="replace"))
        return self._found.search(text.casefold()) is not None
