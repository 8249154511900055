"""Which part of the queue somebody works through: it goes along from page to page."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from middleware.console.visit import Visit

LEAST = ("0", "3", "6", "10")
"""Bits from which on candidates are shown, to choose from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule, or all; the least bits, or any; and whether values are masked."""

    rule: str = ""
    least: str = ""
    masked: bool = False

    @property
    def bits(self) -> float | None:
        """The least bits as a number."""
        return float(self.least) if self.least else None

    @property
    def query(self) -> dict[str, str]:
        """As it stands behind an address."""
        known = {"rule": self.rule, "least": self.least, "masked": "1" if self.masked else ""}
        return {key: value for key, value in known.items() if value}

    def behind(self, path: str, **more: str) -> str:
        """A path with this behind it."""
        query = urlencode({**self.query, **{key: value for key, value in more.items() if value}})
        return f"{path}?{query}" if query else path


def asked_by(visit: Visit) -> Asked:
    """What the address says."""
    return _asked({key: visit.query(key) for key in ("rule", "least", "masked")})


def asked_in(form: Mapping[str, str]) -> Asked:
    """What a form brings along."""
    return _asked({key: form.get(key, "")[:100] for key in ("rule", "least", "masked")})


def _asked(values: Mapping[str, str]) -> Asked:
    least = values["least"] if values["least"] in LEAST else ""
    return Asked(values["rule"], least, values["masked"] == "1")
