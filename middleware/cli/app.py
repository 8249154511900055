"""The command `throughline`: every command in one explicit list, each imported when somebody asks for it."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from middleware import __version__
from middleware.log import configure_log

if TYPE_CHECKING:
    from typer._click import Command

PARTS = {
    "demo": "demo:demo",
    "serve": "serve:serve",
    "worker": "serve:worker",
    "doctor": "doctor:doctor",
    "migrate": "doctor:migrate",
    "normalise": "normalise:normalise",
    "trigger": "trigger:trigger",
    "trace": "trace:trace",
    "context": "context:context",
    "import": "importing:import_",
    "key": "key:key",
    "channels": "channels:channels",
    "mcp": "mcp_command:mcp",
    "pull": "pulls:pull",
    "pulls": "pulls:pulls",
    "attachments": "attachments:app",
    "flows": "flows:app",
    "identity": "identity_group:app",
    "mapping": "mapping:app",
    "inbox": "kept:inbox",
    "outbox": "outbox:outbox",
    "profile": "profile_group:app",
    "quarantine": "kept:quarantine",
    "dead-letters": "kept:dead_letters",
    "recommend": "recommend:app",
    "replay": "replay_group:app",
    "report": "report:app",
    "templates": "templates:app",
    "users": "users:app",
}
"""Name -> module of `middleware.cli`, and in it the function of a command or the app of a group of commands."""


_HURRIED = {"serve", "worker", "demo", "mcp"}
"""Behind these somebody waits for an answer of the store."""


class _Parts(TyperGroup):
    """Imports what is asked for alone: all of it together takes longer than most commands."""

    def list_commands(self, ctx: object) -> list[str]:
        """The names, in the order of the help."""
        del ctx
        return list(PARTS)

    def get_command(self, ctx: object, cmd_name: str) -> "Command | None":
        """The command of this name; None if there is none."""
        del ctx
        if cmd_name in PARTS:
            return _part(cmd_name)
        # Names alone: the message says which one may be meant.
        self.commands = {name: TyperCommand(name) for name in PARTS}
        return None


@cache
def _part(name: str) -> "Command":
    module, _, attribute = PARTS[name].partition(":")
    part = getattr(import_module(f"middleware.cli.{module}"), attribute)
    around = typer.Typer()
    if isinstance(part, typer.Typer):
        around.add_typer(part, name=name)
    else:
        around.command(name)(part)
    return get_group(around).commands[name]


app = typer.Typer(
    cls=_Parts,
    name="throughline",
    help="The context layer between chat webhooks and a bot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        typer.echo(f"throughline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(  # noqa: FBT001 - typer's way
        False, "--version", help="Show the version.", callback=_version, is_eager=True
    ),
) -> None:
    del version
    configure_log()
    if context.invoked_subcommand not in _HURRIED:
        from middleware.store import timing  # noqa: PLC0415 - with the driver, which --version and --help need not

        timing.ANSWER_WITHIN = timing.PATIENCE


def main() -> None:
    """Run the command line."""
    app()
