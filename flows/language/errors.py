"""What can be wrong with a reply: in its source, found when it is compiled, or in the values it meets.

FlowError
├── LanguageError      the source is not part of the language: says where, and what to write instead
└── RenderFailure      this reply cannot be said with these values
    ├── MissingValue   a value that is not there was to be said or reckoned with
    ├── UnfitValue     a value is of the wrong sort for what is done with it
    └── OutputTooLong  the text grew past the cap
"""

from dataclasses import dataclass

from middleware.errors import FlowError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a source. Line and column count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class LanguageError(FlowError):
    """The source is not part of the reply language.

    `problems` are in the order of the source, at least one.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("; ".join(map(str, self.problems)))


class RenderFailure(FlowError):  # noqa: N818 - a verdict on the values, not a fault in the program
    """This reply cannot be said with these values."""


class MissingValue(RenderFailure):
    """A value that is not there was to be said. `path` is its dotted path."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is missing")


class UnfitValue(RenderFailure):
    """A value is of the wrong sort for what is done with it. The message never contains the value."""


class OutputTooLong(RenderFailure):
    """The text grew past the cap."""
