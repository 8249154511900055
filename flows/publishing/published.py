"""All templates of a brand as flows look them up: what was published, over what stands in files.

A brand may have thousands, of which few are said every day. A compiled one takes many times the memory of its source,
so that sources are kept of all of them and only those that were said lately are kept compiled. Nothing is compiled
here: that takes tens of milliseconds, and a decision is made on the event loop.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import Lock

from flows.templates import Template
from middleware.domain.template_versions import PublishedSource
from middleware.errors import NotCompiled

COMPILED_AT_MOST = 1_000
"""Published templates that are kept compiled in one process, each some 30 KiB."""


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

    def get(self, name: str, source: str) -> Template | None:
        """The template of a source, if it is here."""
        with self._lock:
            kept = self._kept.get((name, source))
            if kept is not None:
                self._kept.move_to_end((name, source))
            return kept

    def keep(self, name: str, source: str, template: Template) -> None:
        """Keep one that is compiled."""
        with self._lock:
            self._kept[name, source] = template
            self._kept.move_to_end((name, source))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


class PublishedTemplates(Mapping[str, Template]):
    """Templates by name, each with the number of its version. Raises NotCompiled for one that is not ready."""

    def __init__(
        self, files: Mapping[str, Template], published: Mapping[str, PublishedSource], compiled: Compiled
    ) -> None:
        self._files = files
        self._published = published
        self._compiled = compiled

    def __getitem__(self, name: str) -> Template:
        published = self._published.get(name)
        if published is None:
            return self._files[name]
        template = self._compiled.get(name, published.source)
        if template is None:
            raise NotCompiled(name)
        return replace(template, version=published.number)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._files, **self._published})

    def __len__(self) -> int:
        return len(self._files.keys() | self._published.keys())
