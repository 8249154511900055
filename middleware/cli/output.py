"""How commands speak: JSON for programs, text for people, errors that say what to do, and exit codes."""

import errno
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

from middleware.errors import ThroughlineError

FAILED = 1
USAGE = 2

chatter = Console(stderr=True, highlight=False)
"""For people only: standard error."""

shown = Console(highlight=False, soft_wrap=True)
"""Results as people read them: standard output."""


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever a command's result is
    """A result for programs."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def fail(message: str, code: int = FAILED) -> NoReturn:
    """End the command with a reason on standard error."""
    sys.stderr.write(f"throughline: {message}\n")
    raise typer.Exit(code)


@contextmanager
def reasons() -> Iterator[None]:
    """Turn our own errors into a reason and exit code 1; anything else is a fault and shows itself."""
    try:
        yield
    except ThroughlineError as error:
        fail(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        fail(f"{error.strerror}; another program listens there: choose another port (0 takes a free one)")
