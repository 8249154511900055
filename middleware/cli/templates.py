"""`throughline templates`: what the bot says."""

import typer

app = typer.Typer(no_args_is_help=True, help="What the bot says: templates, their drafts and versions.")
