"""Values of a context for tools that can only show text, under the names that templates use."""

from collections.abc import Collection, Mapping
from typing import Protocol

from middleware.domain.context import Context


class ValueTeller(Protocol):
    """Tells the values of a context as the readers of one brand write them."""

    def told(
        self, context: Context, paths: Collection[str], channel: str, text: str = ""
    ) -> Mapping[str, str | int | float | bool | None]:
        """The values of these paths, by path; None for what is not known. `text` is what the customer wrote."""
        ...


class ValueTellers(Protocol):
    """What can be told, and who tells it for each brand."""

    names: Mapping[str, str]
    """The path of each value that can be told, by its name as tools spell it: `orders_latest_number`."""

    def mistake(self, path: str) -> str:
        """What is wrong with a path, and what to write instead; empty if it can be told."""
        ...

    def of(self, brand: str) -> ValueTeller:
        """Who tells the values of a brand's customers."""
        ...
