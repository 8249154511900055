"""`throughline replay` with all of its commands."""

from middleware.cli import replay, replay_turns

app = replay.replay

app.command("turn")(replay_turns.turn)
app.command("turns")(replay_turns.turns)
