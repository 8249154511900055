"""`throughline profile` with all of its commands."""

from middleware.cli import erasing, merging, profile

app = profile.app

app.command("merge")(merging.merge)
app.command("unmerge")(merging.unmerge)
app.command("split")(merging.split)
app.command("journal")(merging.journal)
app.command("erase")(erasing.erase_person)
