"""`throughline flows`: are they right, what do they say to whom, and how do they look?"""

import typer

from middleware.cli.flows import chat, check, diagram, record, show, testing

app = typer.Typer(no_args_is_help=True, help="Flows: checked, tested, talked to and drawn, without a server.")

app.command("check")(check.check)
app.command("test")(testing.run)
app.command("chat")(chat.chat)
app.command("diagram")(diagram.diagram)
app.command("list")(show.list_)
app.command("show")(show.show)
app.command("schema")(show.schema)
app.command("record")(record.record)
