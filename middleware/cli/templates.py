"""`throughline templates`: are they right, what do they say, to whom, and how did they do?"""

import typer

from middleware.cli import (
    template_files,
    template_forecast,
    template_results,
    template_versions,
    templates_check,
    templates_preview,
    templates_render,
)

app = typer.Typer(no_args_is_help=True, help="Reply templates: checked, said, shown, published and measured.")

app.command("check")(templates_check.check)
app.command("render")(templates_render.render)
app.command("preview")(templates_preview.preview)
app.command("results")(template_results.results)
app.command("forecast")(template_forecast.forecast)
template_versions.add_to(app)
template_files.add_to(app)
