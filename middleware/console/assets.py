"""Files that pages load: read once, each under an address with its content in it, so that browsers keep it for ever."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
}
"""What is served, by the ending of its name."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed` is its content in gzip, where that is smaller."""

    path: str
    content: bytes
    packed: bytes | None
    type: str
    mark: str

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/console/static/{self.mark}/{self.path}"


@cache
def assets() -> Mapping[str, Asset]:
    """All files of `static/`, by path."""
    return {path: _read(path, file) for path, file in _walk(files("middleware.console").joinpath("static"), "")}


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            yield from _walk(each, f"{path}{each.name}/")
        elif each.name.rpartition(".")[2] in TYPES:
            yield path + each.name, each


def _read(path: str, file: Traversable) -> Asset:
    content = file.read_bytes()
    packed = gzip.compress(content, 6, mtime=0)
    mark = hashlib.sha256(content).hexdigest()[:12]
    kind = TYPES[path.rpartition(".")[2]]
    return Asset(path, content, packed if len(packed) < len(content) else None, kind, mark)
