"""The two scripts as they are served: squeezed and compressed once, at the start. What is in the repository is read."""

import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

NAMES = ("throughline.js", "chat.js")


@dataclass(frozen=True, slots=True)
class Script:
    """One script. `tag` names its content (`ETag`)."""

    plain: bytes
    packed: bytes
    tag: str


def squeezed(source: str) -> str:
    """The script without indentation, empty lines, and comments, which stand on lines of their own."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def read_scripts() -> dict[str, Script]:
    """The scripts by their names."""
    return {name: _script((files("middleware.web.site") / name).read_text(encoding="utf-8")) for name in NAMES}


def _script(source: str) -> Script:
    plain = squeezed(source).encode()
    return Script(plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:20]}"')
