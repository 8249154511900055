"""The registry names every connector once."""

from pathlib import Path

import connectors
from connectors import registry
from connectors.engines.registry import KINDS
from connectors.http import HttpClient


def test_every_connector_is_registered_once() -> None:
    """Channels come first, names are unique, and each kind is what the tuple says."""
    http = HttpClient()
    assert [channel.name for channel in registry.channels(http)] == ["messenger", "instagram", "whatsapp", "webchat"]
    found = registry.connectors(http)
    assert [connector.name for connector in found[:4]] == ["messenger", "instagram", "whatsapp", "webchat"]
    assert len({connector.name for connector in found}) == len(found)
    assert {connector.kind for connector in found[4:]} == {"source"}


def test_no_module_is_forgotten() -> None:
    """A connector's module that the registry does not name would never be asked."""
    root = Path(connectors.__file__).parent
    modules = {
        path.stem
        for folder in ("channels", "sources")
        for path in (root / folder).iterdir()
        if path.stem != "__init__" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert modules == {connector.name for connector in registry.connectors(HttpClient())}


def test_every_kind_of_engine_is_a_module_of_that_name() -> None:
    """Whoever reads a kind in the settings finds its module, and no engine's module is without a kind."""
    folder = Path(connectors.__file__).parent / "engines"
    with_ask = {path.stem for path in folder.glob("*.py") if "async def ask(" in path.read_text(encoding="utf-8")}
    assert with_ask == set(KINDS)
