"""`throughline templates`: are the files right, what do they say, and to whom?"""

import typer

from middleware.cli import templates_check, templates_preview, templates_render

app = typer.Typer(no_args_is_help=True, help="Reply templates: checked, said and shown before a customer sees them.")

app.command("check")(templates_check.check)
app.command("render")(templates_render.render)
app.command("preview")(templates_preview.preview)
