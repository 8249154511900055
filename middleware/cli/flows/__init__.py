"""`throughline flows`: are they right, what do they say to whom, how do they look, and which do customers get?"""

import typer

from middleware.cli.flows import (
    chat,
    check,
    diagram,
    exporting,
    importing,
    publishing,
    record,
    releases,
    show,
    testing,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Flows: checked, tested, talked to and drawn without a server; imported and published in the store.",
)

app.command("check")(check.check)
app.command("test")(testing.run)
app.command("chat")(chat.chat)
app.command("diagram")(diagram.diagram)
app.command("list")(show.list_)
app.command("show")(show.show)
app.command("schema")(show.schema)
app.command("record")(record.record)
app.command("import")(importing.import_)
app.command("publish")(publishing.publish_)
app.command("rollback")(publishing.rollback)
app.command("releases")(releases.releases)
app.command("diff")(releases.diff)
app.command("export")(exporting.export)
