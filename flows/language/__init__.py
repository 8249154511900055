"""The reply language: a small part of Jinja2 that is safe by construction.

Source is read in four steps, and each may refuse it: the tokens are counted (so that nothing deep or long
reaches the recursive parser), the tree is parsed, every node of the tree is held against an allow-list, and
only then is it compiled. What runs in the end reads plain data, calls nothing but the filters listed in
`filters`, and is bounded in time and size by what was checked.
"""

from flows.language.errors import (
    LanguageError,
    MissingValue,
    OutputTooLong,
    Problem,
    RenderFailure,
    UnfitValue,
)
from flows.language.locality import Locality
from flows.language.program import Condition, Program, Source, compile_condition, compile_reply, read_reply
from flows.language.uses import Use

__all__ = [
    "Condition",
    "LanguageError",
    "Locality",
    "MissingValue",
    "OutputTooLong",
    "Problem",
    "Program",
    "RenderFailure",
    "Source",
    "UnfitValue",
    "Use",
    "compile_condition",
    "compile_reply",
    "read_reply",
]
