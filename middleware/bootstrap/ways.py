"""The ways out of an installation."""

from typing import NamedTuple

from connectors.http import HttpClient


class Ways(NamedTuple):
    """The ways out: to platforms, to bots, to what flows ask while they decide. Who hangs costs the others nothing."""

    http: HttpClient
    bots: HttpClient
    asked: HttpClient
