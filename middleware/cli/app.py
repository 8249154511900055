"""The command `throughline`: every command in one explicit list."""

import typer

from middleware import __version__
from middleware.cli import (
    attachments,
    channels,
    context,
    demo,
    doctor,
    flows,
    identity,
    importing,
    kept,
    key,
    mapping,
    mcp_command,
    merging,
    normalise,
    outbox,
    profile,
    pulls,
    recommend,
    replay,
    replay_turns,
    report,
    review,
    scan,
    serve,
    templates,
    trace,
    trigger,
    users,
)
from middleware.log import configure_log

app = typer.Typer(
    name="throughline",
    help="The context layer between chat webhooks and a bot.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command, function in (
    ("demo", demo.demo),
    ("serve", serve.serve),
    ("worker", serve.worker),
    ("doctor", doctor.doctor),
    ("migrate", doctor.migrate),
    ("normalise", normalise.normalise),
    ("trigger", trigger.trigger),
    ("trace", trace.trace),
    ("context", context.context),
    ("import", importing.import_),
    ("key", key.key),
    ("channels", channels.channels),
    ("mcp", mcp_command.mcp),
    ("pull", pulls.pull),
    ("pulls", pulls.pulls),
):
    app.command(command)(function)

for part in (scan.add_to, review.add_to):
    part(identity.app)

profile.app.command("merge")(merging.merge)
profile.app.command("unmerge")(merging.unmerge)
profile.app.command("split")(merging.split)
profile.app.command("journal")(merging.journal)

replay.replay.command("turn")(replay_turns.turn)
replay.replay.command("turns")(replay_turns.turns)

for name, group in (
    ("attachments", attachments.app),
    ("flows", flows.app),
    ("identity", identity.app),
    ("mapping", mapping.app),
    ("inbox", kept.group(kept.INBOX)),
    ("outbox", outbox.outbox),
    ("profile", profile.app),
    ("quarantine", kept.group(kept.QUARANTINE)),
    ("dead-letters", kept.group(kept.DEAD_LETTERS)),
    ("recommend", recommend.app),
    ("replay", replay.replay),
    ("report", report.app),
    ("templates", templates.app),
    ("users", users.app),
):
    app.add_typer(group, name=name)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        typer.echo(f"throughline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(  # noqa: FBT001 - typer's way
        False, "--version", help="Show the version.", callback=_version, is_eager=True
    ),
) -> None:
    del version
    configure_log()


def main() -> None:
    """Run the command line."""
    app()
