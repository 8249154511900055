"""Flows and templates read from folders, later folders over earlier ones, and checked against each other."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Self, TypeVar

from flows.engine import Flow, load_flow
from flows.files import Finding, FlowCode, refuse
from flows.language.suggest import did_you_mean
from flows.templates import Template, load_template
from middleware.domain.context import BLOCKS, LOOKUPS, ON_DEMAND, RECOMMENDATIONS
from middleware.domain.engines import EngineTerms
from middleware.domain.look_ups import FRESH, LookUpTerms
from middleware.errors import FlowError

TEMPLATES = "templates"

_UNKNOWN = EngineTerms(frozenset(), 10.0)
"""Where flows are checked and tried without settings."""

Part = TypeVar("Part", Flow, Template)

_REMEMBERED = 512
"""Files of each sort that are not read again while they say the same: every brand has the shipped ones."""

_flow = lru_cache(_REMEMBERED)(load_flow)
_template = lru_cache(_REMEMBERED)(load_template)


@dataclass(frozen=True, slots=True)
class Shelf:
    """All flows and templates of a brand, by name, each in the order in which its name first came up."""

    flows: Mapping[str, Flow]
    templates: Mapping[str, Template]
    sources: Mapping[str, str] = field(default_factory=dict)
    """The templates as their files have them, byte for byte once they are UTF-8 again."""
    engines: Mapping[str, EngineTerms] | None = None
    """The engines that flows can ask, by the name that the settings give them; None where there are no settings."""
    look_ups: Mapping[str, LookUpTerms] | None = None
    """The same of look-ups."""
    beneath: Mapping[str, Flow] = field(default_factory=dict)
    """The flows of the first folder, those that are replaced among them: what a release stands over."""

    @classmethod
    def read(
        cls,
        *folders: Traversable,
        engines: Mapping[str, EngineTerms] | None = None,
        look_ups: Mapping[str, LookUpTerms] | None = None,
    ) -> Self:
        """What the folders hold: `*.yaml` are flows, `templates/*.yaml` templates. Raises FlowError."""
        read: list[dict[str, Flow]] = []
        templates: dict[str, Template] = {}
        sources: dict[str, str] = {}
        for folder in folders:
            if not folder.is_dir():
                raise FlowError(f"{folder} is no folder")
            read.append({name: flow for name, (flow, _) in _by_name(_texts(folder), _flow).items()})
            for name, (template, source) in _by_name(_texts(folder.joinpath(TEMPLATES)), _template).items():
                templates[name], sources[name] = template, source
        flows = {name: flow for each in read for name, flow in each.items()}
        shelf = cls(flows, templates, sources, engines, look_ups, next(iter(read), {}))
        refuse(shelf.disagreements())
        return shelf

    def carrying(self, files: Mapping[str, str]) -> Self:
        """The same with the flows of these files (text by name) over those of the first folder, in place of all others.

        Raises FlowError for a file that is refused, and for an engine or a look-up that is not there. Whether the
        templates fit, `disagreements` says.
        """
        flows = {name: flow for name, (flow, _) in _by_name(files, _flow).items()}
        shelf = replace(self, flows={**self.beneath, **flows})
        refuse(finding for flow in shelf.flows.values() for finding in shelf.lacking_in_settings(flow))
        return shelf

    def in_order(self) -> tuple[Flow, ...]:
        """The flows, higher priority first."""
        return tuple(sorted(self.flows.values(), key=lambda flow: -flow.priority))

    def disagreements(self, names: Container[str] | None = None) -> Iterator[Finding]:
        """Where a flow and its templates do not fit together, or a flow and the templates of these names."""
        for flow in self.flows.values():
            for reply in flow.replies():
                if names is not None and reply.template not in names:
                    continue
                for code, message in self.complaints(flow, reply.template):
                    yield Finding(flow.file, reply.line, "error", message, code=code)
            if names is None:
                yield from self.lacking_in_settings(flow)
            yield from self._unanswerable(flow, names)

    def needs(self) -> frozenset[str]:
        """The context blocks that any flow reads, an engine gets that one asks, or a look-up asks with; none that come
        on demand.
        """
        asked = (self.terms(ask.engine).blocks for flow in self.flows.values() for ask in flow.asks())
        known = self.look_ups or {}
        made = (known[name].reads for flow in self.flows.values() for name in flow.looked_up() if name in known)
        return frozenset().union(*(flow.needs for flow in self.flows.values()), *asked, *made) - ON_DEMAND

    def terms(self, engine: str) -> EngineTerms:
        """On which terms an engine is asked."""
        return _UNKNOWN if self.engines is None else self.engines[engine]

    def lacking_in_settings(self, flow: Flow) -> Iterator[Finding]:
        """Where a flow asks an engine, or makes a look-up, that the settings do not name."""
        yield from self._unknown_engines(flow)
        yield from self._unknown_look_ups(flow)

    def _unknown_engines(self, flow: Flow) -> Iterator[Finding]:
        known = self.engines
        for ask in flow.asks() if known is not None else ():
            if known is not None and ask.engine not in known:
                advice = did_you_mean(ask.engine, known) or "; write it into the brand's settings"
                yield Finding(flow.file, ask.line, "error", f"there is no engine {ask.engine!r}{advice}")

    def _unknown_look_ups(self, flow: Flow) -> Iterator[Finding]:
        """Steps that make a look-up that there is not, and conditions that read a field that it has not."""
        known = self.look_ups
        if known is None:
            return
        made = ((step.line, name) for step in flow.look_ups() for name in step.names)
        for line, name in made:
            if name not in known:
                advice = did_you_mean(name, known) or "; write it under lookups into the brand's settings"
                yield Finding(flow.file, line, "error", f"there is no look-up {name!r}{advice}")
        for path, line in flow.looks_at:
            for message in self._unknown_fields((path,)):
                yield Finding(flow.file, line, "error", message)

    def _unknown_fields(self, paths: Iterable[str]) -> Iterator[str]:
        """What is wrong with the fields of look-ups among these values, where the settings are known."""
        for path in sorted(paths):
            group, *names = path.split(".")
            terms = (self.look_ups or {}).get(names[0]) if group == LOOKUPS and len(names) > 1 else None
            if terms is not None and names[1] not in {*terms.fields, FRESH}:
                advice = did_you_mean(names[1], terms.fields) or f"; there are {', '.join(terms.fields)}"
                yield f"reads {path}; the look-up {names[0]} has no field {names[1]}{advice}"

    def _unanswerable(self, flow: Flow, names: Container[str] | None) -> Iterator[Finding]:
        """Questions for a choice whose template offers none."""
        for step in flow.questions():
            if step.capture != "choice" or (names is not None and step.say.template not in names):
                continue
            template = self.templates.get(step.say.template)
            if template is None:
                continue
            if not template.choices():
                message = f"asks for a choice, and template {template.name} offers none; give it quick_replies"
                yield Finding(flow.file, step.say.line, "error", message, code="no-choices")

    def complaints(self, flow: Flow, name: str) -> Iterator[tuple[FlowCode, str]]:
        """What keeps a flow from saying the template of this name, each with its code."""
        template = self.templates.get(name)
        if template is None:
            yield "unknown-template", f"there is no template {name!r}{did_you_mean(name, self.templates)}"
            return
        names = template.names()
        for block in sorted({path.partition(".")[0] for path in names} & set(BLOCKS) - ON_DEMAND - flow.needs):
            yield "undeclared-block", f"template {name} reads {block}; write it under needs"
        wanted = {path.removeprefix("links.") for path in names if path.startswith("links.")}
        for purpose in sorted(wanted - flow.links()):
            message = f"template {name} reads links.{purpose}; add the step personal_link: {purpose}"
            yield "unknown-link", message
        for look_up in sorted(looked_up_in(names) - flow.looked_up()):
            yield "not-looked-up", f"template {name} reads lookups.{look_up}; add the step look_up: {look_up}"
        if not flow.recommends() and any(path.partition(".")[0] == RECOMMENDATIONS for path in names):
            yield "not-recommended", f"template {name} reads {RECOMMENDATIONS}; add the step recommend: 3"
        for message in self._unknown_fields(names):
            yield "unknown-field", f"template {name} {message}"
        read = {path.removeprefix("answers.") for path in names if path.startswith("answers.")}
        for answer in sorted(read - flow.answers()):
            yield "unknown-answer", f"template {name} reads answers.{answer}; add an ask with into: {answer}"


def looked_up_in(names: Iterable[str]) -> frozenset[str]:
    """The look-ups that these values are of."""
    return frozenset(path.split(".")[1] for path in names if path.startswith(f"{LOOKUPS}."))


def _by_name(texts: Mapping[str, str], load: Callable[[str, str], Part]) -> dict[str, tuple[Part, str]]:
    """The parts in these files by name, each with the text of its file."""
    parts: dict[str, tuple[Part, str]] = {}
    for file, text in texts.items():
        part = load(text, file)
        if part.name in parts:
            raise FlowError(f"{file}:1: {part.name} is in {parts[part.name][0].file} already")
        parts[part.name] = part, text
    return parts


def _texts(folder: Traversable) -> dict[str, str]:
    """The YAML files of a folder, in the order of their names; none where there is no such folder."""
    if not folder.is_dir():
        return {}
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name: _text(file) for file in files}


def _text(file: Traversable) -> str:
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        raise FlowError(f"{file.name}:1: is not UTF-8") from None
