"""`throughline templates`: are they right, what do they say, to whom, and how did they do?"""

import typer

from middleware.cli.templates import check, forecast, preview, render, results, transfer, versions

app = typer.Typer(no_args_is_help=True, help="Reply templates: checked, said, shown, published and measured.")

app.command("check")(check.check)
app.command("render")(render.render)
app.command("preview")(preview.preview)
app.command("results")(results.results)
app.command("forecast")(forecast.forecast)
versions.add_to(app)
transfer.add_to(app)
