"""Every kind of engine there is, named one by one."""

from connectors.http import HttpClient
from middleware.ports import Engine, EngineSetup


def engine_of(setup: EngineSetup, http: HttpClient) -> Engine:
    """The engine of a setup. Raises ValueError for one that lacks something, naming the setting."""
    raise ValueError(f"no such kind: {setup.kind} {http}")
