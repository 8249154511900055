"""The report on tests of flows: what passed in a line, what failed with both sides of each difference."""

from collections.abc import Iterator
from difflib import ndiff

from flows.trying.expecting import Difference
from flows.trying.testing import Outcome

_INDENT = " " * 8
_GUIDES = "?"


def lines_of_outcome(outcome: Outcome) -> Iterator[str]:
    """One test, as lines."""
    if outcome.passed:
        yield f"  ok    {outcome.test}"
        return
    yield f"  FAIL  {outcome.test}"
    failed = outcome.failed
    if failed is not None:
        yield f"{_INDENT}{outcome.file}:{failed.line}: {failed.turn}"
        for each in failed.differences:
            yield f"{_INDENT}{each.about}:"
            yield from (f"{_INDENT}  {line}" for line in diff(each))
    if outcome.error is not None:
        yield from (f"{_INDENT}{line}" for line in f"{outcome.file}:{outcome.line}: {outcome.error}".splitlines())


def diff(difference: Difference) -> list[str]:
    """What was expected (-) and what came (+); lines that are the same stand once."""
    lines = ndiff(difference.expected.splitlines(), difference.actual.splitlines())
    return [line.rstrip() for line in lines if not line.startswith(_GUIDES)]
