"""Files that commands write beside those of people: whole or not at all, and over nothing unseen."""

import os
from pathlib import Path
from typing import Literal


def stands(file: Path, raw: bytes) -> Literal["same", "differs", "missing"]:
    """Whether a file says this already, something else, or is not there. Raises OSError."""
    if not file.exists():
        return "missing"
    return "same" if file.read_bytes() == raw else "differs"


def write_whole(file: Path, raw: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.write_bytes(raw)
    half.replace(file)
