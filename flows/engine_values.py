"""The values of the context that an engine gets by name, each a text in the reply language."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.language import LanguageError, Program, RenderFailure, compile_reply
from flows.language.suggest import did_you_mean
from flows.schema import SCHEMA, field_of
from flows.templates import Reader
from flows.values import values_of
from middleware.domain.context import HANDED_OVER, Context
from middleware.errors import FlowError


@dataclass(frozen=True, slots=True)
class EngineValues:
    """Named values, compiled."""

    programs: Mapping[str, Program]

    def of(self, context: Context, reader: Reader) -> dict[str, str]:
        """The values as this reader would read them. What is missing, or cannot be said, is left out."""
        values, locality = values_of(context, context.message.text if context.message else ""), reader.locality()
        said: dict[str, str] = {}
        for name, program in self.programs.items():
            try:
                said[name] = program.render(values, locality)
            except RenderFailure:
                continue
        return said


def engine_values(engine: str, sources: Mapping[str, str], blocks: frozenset[str]) -> EngineValues:
    """The values that the settings name for an engine. Raises FlowError, with what to write instead, for a source that
    is none, or that reads what the engine does not get.
    """
    place = f"engines.{engine}.values"
    return EngineValues({name: _compiled(f"{place}.{name}", source, blocks) for name, source in sources.items()})


def _compiled(place: str, source: str, blocks: frozenset[str]) -> Program:
    try:
        program = compile_reply(source)
    except LanguageError as error:
        raise FlowError(f"{place}: {error}") from None
    for name in program.names:
        if field_of(name) is None:
            raise FlowError(f"{place}: there is no value {name}{did_you_mean(name, SCHEMA)}")
        block = name.partition(".")[0]
        if block in HANDED_OVER and block not in blocks:
            raise FlowError(f"{place}: reads {block}, which this engine does not get; write it under blocks")
    return program
