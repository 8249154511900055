"""The values of the context that another system gets by name, each a text in the reply language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.language import LanguageError, Program, RenderFailure, compile_reply
from flows.language.suggest import did_you_mean
from flows.schema import SCHEMA, field_of
from flows.templates import Reader
from flows.values import values_of, with_answers
from middleware.domain.context import BLOCKS, HANDED_OVER, LOOKUPS, Context, level_of_paths
from middleware.domain.identifiers import Level
from middleware.errors import FlowError


@dataclass(frozen=True, slots=True)
class NamedValues:
    """Named values, compiled."""

    programs: Mapping[str, Program]

    def of(self, context: Context, reader: Reader, answers: Mapping[str, str | int] | None = None) -> dict[str, str]:
        """The values as this reader would read them. What is missing, or cannot be said, is left out."""
        values, locality = values_of(context, context.message.text if context.message else ""), reader.locality()
        if answers:
            values = with_answers(values, answers)
        said: dict[str, str] = {}
        for name, program in self.programs.items():
            try:
                said[name] = program.render(values, locality)
            except RenderFailure:
                continue
        return said

    @property
    def level(self) -> Level:
        """The level from which on all of them can be there."""
        return level_of_paths(path for program in self.programs.values() for path in program.names)

    @property
    def blocks(self) -> frozenset[str]:
        """The blocks of the context that they are made from."""
        groups = {path.partition(".")[0] for program in self.programs.values() for path in program.names}
        return frozenset(groups & set(BLOCKS))


def engine_values(engine: str, sources: Mapping[str, str], blocks: frozenset[str]) -> NamedValues:
    """The values that the settings name for an engine. Raises FlowError, with what to write instead, for a source that
    is none, or that reads what the engine does not get.
    """

    def wrong(path: str) -> str | None:
        if path not in SCHEMA and not (field_of(path) and path.startswith(f"{LOOKUPS}.")):
            return f"there is no value {path}{did_you_mean(path, SCHEMA)}"
        block = path.partition(".")[0]
        if block in HANDED_OVER and block not in blocks:
            return f"reads {block}, which this engine does not get; write it under blocks"
        return None

    return _compiled(f"engines.{engine}.values", sources, wrong)


def look_up_values(look_up: str, sources: Mapping[str, str]) -> NamedValues:
    """The values that a look-up asks with. Raises FlowError, with what to write instead."""

    def wrong(path: str) -> str | None:
        if path.partition(".")[0] in {LOOKUPS, "links"}:
            return f"reads {path}, which a look-up cannot ask with; write a value of the customer or the message"
        return None if field_of(path) else f"there is no value {path}{did_you_mean(path, SCHEMA)}"

    return _compiled(f"lookups.{look_up}.send", sources, wrong)


def _compiled(place: str, sources: Mapping[str, str], wrong: Callable[[str], str | None]) -> NamedValues:
    programs: dict[str, Program] = {}
    for name, source in sources.items():
        try:
            program = compile_reply(source)
        except LanguageError as error:
            raise FlowError(f"{place}.{name}: {error}") from None
        for path in program.names:
            if complaint := wrong(path):
                raise FlowError(f"{place}.{name}: {complaint}")
        programs[name] = program
    return NamedValues(programs)
