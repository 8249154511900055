"""`throughline templates`: what the bot says, as those who write it see it."""

import typer

from middleware.cli import template_forecast, template_results

app = typer.Typer(no_args_is_help=True, help="What the bot says: how it did, and what it would do.")

app.command("results")(template_results.results)
app.command("forecast")(template_forecast.forecast)
