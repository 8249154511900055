"""All templates of a brand as flows look them up: what was published, over what stands in files.

A brand may have thousands, of which few are said every day. A compiled one takes twenty times the memory of its source,
so that sources are kept of all of them and only those that were said lately are kept compiled.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from threading import Lock

from flows.templates import Template, load_template
from middleware.errors import FlowError

COMPILED_AT_MOST = 1_000
"""Published templates that are kept compiled in one process, each some 50 KiB."""


class Compiled:
    """Compiled templates by name and source; the one that was asked for longest ago goes first.

    Safe to use from several threads: what was published is compiled in one of its own.
    """

    def __init__(self, most: int = COMPILED_AT_MOST) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], Template] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def template(self, name: str, source: str) -> Template:
        """The template of a source, compiled now if it is not there. Raises FlowError."""
        with self._lock:
            kept = self._kept.get((name, source))
            if kept is not None:
                self._kept.move_to_end((name, source))
                return kept
        template = load_template(source, f"{name}.yaml")
        self.keep(name, source, template)
        return template

    def keep(self, name: str, source: str, template: Template) -> None:
        """Keep one that is compiled."""
        with self._lock:
            self._kept[name, source] = template
            self._kept.move_to_end((name, source))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class PublishedTemplates(Mapping[str, Template]):
    """Templates by name. One whose published source does not compile is that of its file."""

    def __init__(self, files: Mapping[str, Template], sources: Mapping[str, str], compiled: Compiled) -> None:
        self._files = files
        self._sources = sources
        self._compiled = compiled

    def __getitem__(self, name: str) -> Template:
        source = self._sources.get(name)
        if source is None:
            return self._files[name]
        try:
            return self._compiled.template(name, source)
        except FlowError:
            return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._files, **self._sources})

    def __len__(self) -> int:
        return len(self._files.keys() | self._sources.keys())
