"""`throughline templates` in an empty folder, in this process, and the template that its tests begin with."""

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from middleware.cli.app import app

GOOD = """\
name: hello
purpose: Says hello.
locales:
  en:
    text: "Hi {{ profile.name | first_name | default('there') }}!"
    fallback: Hi!
    buttons:
      - {title: Track it, payload: track}
      - {title: Shop, payload: shop}
    channels:
      whatsapp:
        text: "Your order {{ orders.latest.number | default('-') }}"
    outside_window: {name: come_back, language: en, body: ["{{ profile.name | default('friend') }}"]}
  de:
    text: "Hallo {{ profile.name | first_name | default('du') }}!"
    fallback: Hallo!
  es:
    text: "¡Hola {{ profile.name | first_name | default('tú') }}!"
    fallback: ¡Hola!
"""
BAD = GOOD.replace("profile.name | first_name | default('there')", "profile.nmae")


def run(*arguments: str, stdin: bytes | str = "", columns: int = 120) -> Result:
    """Run a command of `throughline templates` to its end, in a terminal of so many columns."""
    environment = {"COLUMNS": str(columns), "NO_COLOR": "1"}
    return CliRunner().invoke(app, ["templates", *arguments], input=stdin, env=environment)


def file(name: str, text: str | bytes) -> str:
    """A file in the folder in which commands run."""
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name
