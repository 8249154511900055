"""`throughline key`: a new key for a client of the HTTP API."""

import secrets
from typing import Annotated

import typer

from middleware.cli.output import chatter, print_json, shown
from middleware.settings import key_hash


def key(
    as_json: Annotated[bool, typer.Option("--json", help="Print key and hash as JSON")] = False,
) -> None:
    """Make a key for a client. The key is shown this once; its hash goes into the settings."""
    fresh = secrets.token_urlsafe(32)
    if as_json:
        print_json({"key": fresh, "key_hash": key_hash(fresh)})
        return
    chatter.print("Give the key to the client, and write the hash under [clients.<name>]:", markup=False)
    shown.print(f'key      {fresh}\nkey_hash = "{key_hash(fresh)}"', markup=False)
