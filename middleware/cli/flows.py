"""`throughline flows`: are they right, what do they say to whom, and how do they look?"""

import typer

from middleware.cli import flows_chat, flows_check, flows_diagram, flows_record, flows_show, flows_test

app = typer.Typer(no_args_is_help=True, help="Flows: checked, tested, talked to and drawn, without a server.")

app.command("check")(flows_check.check)
app.command("test")(flows_test.run)
app.command("chat")(flows_chat.chat)
app.command("diagram")(flows_diagram.diagram)
app.command("list")(flows_show.list_)
app.command("show")(flows_show.show)
app.command("schema")(flows_show.schema)
app.command("record")(flows_record.record)
