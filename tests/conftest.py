"""What all tests share: a real store, a real Graph API stand-in, and a running installation on free ports."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from middleware.log import configure_log
from middleware.store import timing
from middleware.web import webhooks
from tests.running import Running, running
from tests.stores import StoreServer, quick_directory

# How long an example takes says something of the machine, and nothing of what must hold.
hypothesis.settings.register_profile("throughline", deadline=None)
hypothesis.settings.load_profile("throughline")

_SHIPPED = {module: module.ANSWER_WITHIN for module in (timing, webhooks)}
_PATIENCE = 15.0
"""Seconds. Late on a busy machine is not gone: what is asserted is what the store answers, not how soon."""

for _module, _seconds in _SHIPPED.items():
    _module.ANSWER_WITHIN = _seconds + _PATIENCE

# As a service logs. What the library does unasked draws every local variable of a failure, for minutes.
configure_log(json_lines=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the crash test is, and with which seed; how many conversations are made up."""
    parser.addoption("--crash", choices=("short", "full"), default="short", help="30 kills over 3,000 webhooks: full")
    parser.addoption(
        "--conversations", choices=("short", "full"), default="short", help="10,000 random conversations: full"
    )
    parser.addoption("--crash-seed", default="", help="repeat a run by the seed that it printed")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell's own settings never reach a test."""
    for name in list(os.environ):
        if name.startswith("THROUGHLINE_") and name != "THROUGHLINE_TEST_MONGODB_URI":
            monkeypatch.delenv(name)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is given up as soon as it is in the shop: for tests of a store that hangs."""
    for module, seconds in _SHIPPED.items():
        monkeypatch.setattr(module, "ANSWER_WITHIN", seconds)


@pytest.fixture(scope="session")
def store_server() -> Iterator[StoreServer]:
    """One store server for the whole run: the embedded one, or what THROUGHLINE_TEST_MONGODB_URI names."""
    with quick_directory() as directory, StoreServer.started(directory) as server:
        yield server


@pytest.fixture
def database() -> str:
    """A database name that nobody else has."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def shop(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """A running installation with one brand on all channels and a shop, and the stand-in that it sends to."""
    async with running(store_server, tmp_path) as it:
        yield it
