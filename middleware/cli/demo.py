"""`throughline demo`: the main job as one story, through real HTTP with real signatures, a real store and a stand-in
for the Graph API. Nothing leaves this machine.
"""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from connectors.testing import GraphStandIn
from middleware.bootstrap.building import Installation, opened
from middleware.bootstrap.serving import application
from middleware.cli.demo_bots_stage import Bots, bots_settings, started_bots
from middleware.cli.demo_bots_story import bots_chapters
from middleware.cli.demo_console import console_link
from middleware.cli.demo_processes import lacking
from middleware.cli.demo_profile import PROFILE_CHAPTERS
from middleware.cli.demo_stage import INSTAGRAM, Stage, demo_settings
from middleware.cli.demo_story import CHAPTERS, Chapter, Play
from middleware.cli.output import chatter, fail, print_json, reasons, shown
from middleware.cli.serve import watching, working
from middleware.settings import Settings
from middleware.web.app import listening


class Story(StrEnum):
    """What the demo tells."""

    MAIN = "main"
    PROFILE = "profile"
    BOTS = "bots"


STORIES = {Story.MAIN: CHAPTERS, Story.PROFILE: PROFILE_CHAPTERS}
"""Those that need nothing but what is always installed."""


def demo(
    chapter: Annotated[
        Story,
        typer.Option(
            help="main: a message and its reply; profile: one customer in six tools; "
            "bots: one question to a flow, an agent and a pywa bot"
        ),
    ] = Story.MAIN,
    as_json: Annotated[bool, typer.Option("--json", help="Print the story as JSON and end")] = False,
) -> None:
    """Play the main job as one story and show what each reply knew. Needs nothing but this machine."""
    if chapter is Story.BOTS and (missing := lacking()):
        fail(
            f"the bots of this story need {', '.join(missing)}: pip install 'throughline[bots]'; "
            "in a clone, `make demo-bots` installs and plays it"
        )
    # As Ctrl-C does: what runs in processes of its own is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with reasons():
        well = asyncio.run(_demo(chapter, as_json=as_json))
    if not well:
        raise typer.Exit(1)


async def _demo(story: Story, *, as_json: bool) -> bool:
    with tempfile.TemporaryDirectory(prefix="throughline-demo-") as directory:
        async with _stage(Path(directory), story) as (stage, chapters):
            told: list[Chapter] = []
            for play in chapters:
                chapter = await play(stage)
                told.append(chapter)
                if not as_json:
                    _show(len(told), chapter)
            well = all(check.holds for chapter in told for check in chapter.checks)
            if as_json:
                print_json({"ok": well, "story": [chapter.as_dict() for chapter in told]})
            else:
                _conclude(well=well)
                await _stay(stage)
    return well


@asynccontextmanager
async def _stage(directory: Path, story: Story) -> AsyncIterator[tuple[Stage, Sequence[Play]]]:
    """Everything running: stand-in, store, service, and bots where the story has some; and what is played on it.

    Shows what it is waiting for on the first, slow start.
    """
    async with AsyncExitStack() as stack:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=chatter, transient=True) as progress:
            task = progress.add_task("starting a stand-in for the Graph API")

            def say(what: str) -> None:
                progress.update(task, description=what)

            graph = await stack.enter_async_context(GraphStandIn(instagram=[INSTAGRAM]))
            bots: Bots | None = None
            if story is Story.BOTS:
                say("starting two bots, each in a process of its own")
                bots = await stack.enter_async_context(started_bots(directory, graph.url))
            settings = (
                demo_settings(directory, graph.url) if bots is None else bots_settings(directory, graph.url, bots)
            )
            here, url = await _service(settings, stack, say)
            if bots is not None:
                say("waiting for the two bots (some seconds)")
                await bots.listening()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stage(here, graph, url, http), STORIES[story] if bots is None else bots_chapters(bots)


async def _service(settings: Settings, stack: AsyncExitStack, say: Callable[[str], None]) -> tuple[Installation, str]:
    """Store and service, running until the stack is left; the installation and its address."""
    say("starting the embedded store (some seconds the first time)")
    here = await stack.enter_async_context(opened(settings))
    say("creating collections")
    await here.store.ensure()
    say("starting the service")
    working(here, stack)
    watching(here, stack, serving=tuple(here.brands))
    return here, await stack.enter_async_context(listening(application(here, work=True), "127.0.0.1", 0))


def _show(number: int, chapter: Chapter) -> None:
    shown.print(f"\n[bold]({number}) {chapter.title}[/]")
    for line in chapter.lines:
        style = {"reply": "green", "fact": "cyan"}.get(line.role, "white")
        text = _safe(line.text).replace("\n", "\n" + " " * 26)
        shown.print(f"  {line.who:>22}  [{style}]{text}[/]")
        if line.context:
            shown.print(f"  {'':>22}  [dim]knew: {_safe(line.context_line())}[/]")
    for check in chapter.checks:
        shown.print(f"  {'':>22}  {'[green]✓[/]' if check.holds else '[red]✗[/]'} {_safe(check.what)}")


def _safe(text: str) -> str:
    """Text that cannot be taken for markup."""
    return text.replace("[", "\\[")


def _conclude(*, well: bool) -> None:
    verdict = "[bold green]Everything happened as it must.[/]" if well else "[bold red]Something went wrong.[/]"
    shown.print(f"\n{verdict}")


async def _stay(stage: Stage) -> None:
    """On a terminal: keep running, so that one can look around."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    shown.print("\nThe console, signed in on Ana's conversation (the link works once):\n")
    shown.print(f"  {await console_link(stage)}\n", markup=False)
    shown.print(f"Still running at {stage.url}. Look around, for example:\n")
    for command in stage.commands():
        shown.print(f"  {_safe(command)}\n")
    shown.print("Ctrl-C ends it.")
    await _interrupted()


async def _interrupted() -> None:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    await asked.wait()
