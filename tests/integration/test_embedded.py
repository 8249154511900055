"""The embedded server: whoever needs it first starts it, everybody shares it, and it comes back when it dies."""

import asyncio
import os
import signal
import sys
import types
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from middleware.bootstrap.building import opened
from middleware.domain.identity import Identity
from middleware.errors import SettingsError, StoreUnavailable
from middleware.ports import Put
from middleware.settings import GivenSettings
from middleware.store import embedded
from middleware.store.embedded import EmbeddedServer
from middleware.store.mongo import MongoBrandStore, connect

pytest.importorskip("secantus", reason="the embedded store is not installed")


@asynccontextmanager
async def used(directory: Path) -> AsyncIterator[tuple[EmbeddedServer, str]]:
    """A share in the server, and its address."""
    server = EmbeddedServer(directory)
    try:
        yield server, await server.open()
    finally:
        await server.close()


@asynccontextmanager
async def store_at(uri: str) -> AsyncIterator[MongoBrandStore]:
    """A brand's store at an address."""
    client = connect(uri)
    try:
        yield MongoBrandStore(client, "glow")
    finally:
        client.close()


def is_running(pid: int | None) -> bool:
    """Whether there is such a process, other than one that ended and was not waited for."""
    if pid is None:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def _until_gone(pid: int | None) -> None:
    async with asyncio.timeout(10):
        while is_running(pid):  # noqa: ASYNC110 - a process that is not our child tells nobody
            await asyncio.sleep(0.01)


async def _works(store: MongoBrandStore, *changes: Put) -> None:
    """Write until the store takes it: a server that was killed needs a moment to come back."""
    async with asyncio.timeout(15):
        while True:
            try:
                await store.write(*changes)
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


async def test_two_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    """The second finds the first one's server; it stays for the second when the first leaves."""
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    uri = await first.open()
    assert await second.open() == uri
    pid = first.pid()
    assert second.pid() == pid

    await first.close()
    assert is_running(pid)
    async with store_at(uri) as store:
        assert await store.write(Put(Identity(id="a"))) == (True,)

    await second.close()
    await _until_gone(pid)


async def test_a_second_opener_waits_for_the_first_ones_server(tmp_path: Path) -> None:
    """Many at once: one server is started, and everybody gets its address."""
    servers = [EmbeddedServer(tmp_path) for _ in range(4)]
    uris = await asyncio.gather(*(server.open() for server in servers))
    assert len(set(uris)) == 1
    assert len({server.pid() for server in servers}) == 1
    for server in servers:
        async with store_at(uris[0]) as store:
            await store.get(Identity, ["a"])
        await server.close()
    await _until_gone(servers[0].pid())


async def test_another_process_shares_the_server(tmp_path: Path) -> None:
    """A second process uses it, leaves it running, and what it wrote is there."""
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from middleware.domain.profile import Identity\n"
        "from middleware.ports import Put\n"
        "from middleware.store.embedded import EmbeddedServer\n"
        "from middleware.store.mongo import MongoBrandStore, connect\n"
        "async def main():\n"
        "    server = EmbeddedServer(Path(sys.argv[1]))\n"
        "    uri = await server.open()\n"
        "    client = connect(uri)\n"
        "    assert await MongoBrandStore(client, 'glow').write(Put(Identity(id='theirs'))) == (True,)\n"
        "    client.close()\n"
        "    await server.close()\n"
        "    print(uri, end='')\n"
        "asyncio.run(main())\n"
    )
    async with used(tmp_path) as (server, uri):
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await other.communicate()
        assert (other.returncode, said.decode()) == (0, uri)
        assert is_running(server.pid())
        async with store_at(uri) as store:
            assert list(await store.get(Identity, ["theirs"])) == ["theirs"]


async def test_a_server_that_is_killed_comes_back_with_its_data(tmp_path: Path) -> None:
    """Killed with SIGKILL it is started again on the same port, and what was acknowledged is there."""
    async with used(tmp_path) as (server, uri), store_at(uri) as store:
        await store.write(*(Put(Identity(id=f"id-{number}")) for number in range(50)))
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await _works(store, Put(Identity(id="afterwards")))
        assert server.pid() != pid
        names = [f"id-{number}" for number in range(50)]
        assert sorted(await store.get(Identity, [*names, "afterwards"])) == sorted([*names, "afterwards"])


async def test_whoever_stays_starts_it_again(tmp_path: Path) -> None:
    """The one that started the server has left; the other one brings it back."""
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    uri = await first.open()
    await second.open()
    async with store_at(uri) as store:
        await store.write(Put(Identity(id="a")))
        await first.close()
        pid = second.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await _works(store, Put(Identity(id="b")))
        assert sorted(await store.get(Identity, ["a", "b"])) == ["a", "b"]
    await second.close()
    await _until_gone(second.pid())


async def test_data_is_there_the_next_time(tmp_path: Path) -> None:
    """Stopped and started again, with the same port, since others may know it."""
    async with used(tmp_path) as (_, first_uri), store_at(first_uri) as store:
        await store.write(Put(Identity(id="a")))
    async with used(tmp_path) as (_, uri), store_at(uri) as store:
        assert list(await store.get(Identity, ["a"])) == ["a"]
    assert uri == first_uri


async def test_a_port_that_somebody_else_has_taken_is_given_up(tmp_path: Path) -> None:
    """Another program listens where the server was the last time: it starts elsewhere, with its data."""
    async with used(tmp_path) as (_, first_uri), store_at(first_uri) as store:
        await store.write(Put(Identity(id="a")))
    port = int(first_uri.split(":")[2].split("/")[0])
    stranger = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
    try:
        async with used(tmp_path) as (_, uri), store_at(uri) as store:
            assert list(await store.get(Identity, ["a"])) == ["a"]
        assert uri != first_uri
    finally:
        stranger.close()
        await stranger.wait_closed()


async def test_two_starters_that_see_each_other_do_not_both_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking whether the server lives takes its lock for a moment: that must not pass for a server that starts."""
    really = embedded._lock
    looked_at: list[bool] = []

    def taken_once(file: object, *, shared: bool) -> bool:
        if not shared and getattr(file, "name", "").endswith("server.lock"):
            looked_at.append(True)
            if len(looked_at) == 2:  # the first is the look, the second the start: somebody looks just then
                return False
        return really(file, shared=shared)  # type: ignore[arg-type]

    monkeypatch.setattr(embedded, "_lock", taken_once)
    monkeypatch.setattr(embedded, "_STARTS_WITHIN", 10.0)
    async with used(tmp_path) as (server, _):
        assert is_running(server.pid())


async def test_leaving_while_the_server_is_started_again_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one leaves in the middle of a restart: the new server ends as well."""
    begun = asyncio.Event()
    pids: list[int] = []
    announced = EmbeddedServer._announced_port

    async def slow(self: EmbeddedServer, process: asyncio.subprocess.Process, start: int) -> int:
        pids.append(process.pid)
        if len(pids) == 2:
            begun.set()
            await asyncio.sleep(1)
        return await announced(self, process, start)

    monkeypatch.setattr(EmbeddedServer, "_announced_port", slow)
    monkeypatch.setattr(embedded, "_STARTS_WITHIN", 10.0)
    server = EmbeddedServer(tmp_path)
    await server.open()
    os.kill(pids[0], signal.SIGKILL)
    await asyncio.wait_for(begun.wait(), 10)
    try:
        await server.close()
        await _until_gone(pids[1])
    finally:
        if is_running(pids[1]):
            os.kill(pids[1], signal.SIGKILL)
            await _until_gone(pids[1])


async def test_a_starter_that_was_killed_leaves_nothing_that_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before it could say where its server listens: whoever comes next has a server all the same."""
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from middleware.store.embedded import EmbeddedServer\n"
        "async def hangs(self, process, start):\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "EmbeddedServer._announced_port = hangs\n"
        "asyncio.run(EmbeddedServer(Path(sys.argv[1])).open())\n"
    )
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    orphan = int(await asyncio.wait_for(starter.stdout.readline(), 20))
    starter.kill()
    await starter.communicate()
    monkeypatch.setattr(embedded, "_STARTS_WITHIN", 6.0)
    try:
        async with used(tmp_path) as (_, uri), store_at(uri) as store:
            assert await store.write(Put(Identity(id="a"))) == (True,)
        await _until_gone(orphan)
    finally:
        if is_running(orphan):
            os.kill(orphan, signal.SIGKILL)
            await _until_gone(orphan)


async def test_a_server_that_does_not_end_when_asked_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one to leave leaves no server behind, also when it hangs; what was acknowledged is safe on the disk."""
    server = EmbeddedServer(tmp_path)
    uri = await server.open()
    async with store_at(uri) as store:
        await store.write(Put(Identity(id="a")))
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(embedded, "_STARTS_WITHIN", 1.0)
    try:
        await server.close()
        assert not is_running(pid)
    finally:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
            await _until_gone(pid)
        monkeypatch.undo()
        await server.close()
    async with used(tmp_path) as (_, uri), store_at(uri) as store:
        assert list(await store.get(Identity, ["a"])) == ["a"]


async def test_without_the_package_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither uri nor package: the message names both ways out."""

    def missing(name: str) -> types.ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(embedded, "import_module", missing)
    with pytest.raises(SettingsError, match=r"set the uri .* or install throughline\[embedded\]"):
        await EmbeddedServer(tmp_path / "never made").open()
    assert not (tmp_path / "never made").exists()


async def test_without_file_locks_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system without `fcntl` there is no embedded store."""
    monkeypatch.setattr(embedded, "fcntl", None)
    with pytest.raises(SettingsError, match="needs a Unix system"):
        await EmbeddedServer(tmp_path).open()


def test_production_refuses_it() -> None:
    """It is for trying and testing."""
    with pytest.raises(ValueError, match="production needs a real MongoDB replica set"):
        GivenSettings(environment="production")


async def test_an_installation_without_uri_runs_on_it(tmp_path: Path) -> None:
    """Settings that name no uri get the embedded server in their data directory."""
    settings = GivenSettings(store={"data_directory": tmp_path}, brands={"glow": {"database": "glow"}})
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(opened(settings))
        await here.store.ping()
        assert (tmp_path / "store" / "server.json").exists()
        pid = EmbeddedServer(tmp_path / "store").pid()
        assert is_running(pid)
    await _until_gone(pid)
