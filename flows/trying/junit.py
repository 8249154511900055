"""A report on tests of flows in the XML of JUnit, as build servers read it."""

import re
from collections.abc import Iterable
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from flows.trying.testing import Failed, Outcome

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, not even written out."""


def junit_xml(outcomes: Iterable[Outcome]) -> str:
    """One suite for each file, one case for each test."""
    suites = [_suite(file, list(tests)) for file, tests in groupby(outcomes, key=lambda each: each.file)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", *suites, "</testsuites>"]) + "\n"


def _suite(file: str, tests: list[Outcome]) -> str:
    failures = sum(each.failed is not None for each in tests)
    errors = sum(each.error is not None for each in tests)
    seconds = sum(each.seconds for each in tests)
    counts = f'tests="{len(tests)}" failures="{failures}" errors="{errors}" time="{seconds:.3f}"'
    cases = "\n".join(map(_case, tests))
    return f"  <testsuite name={_attribute(file)} {counts}>\n{cases}\n  </testsuite>"


def _case(outcome: Outcome) -> str:
    head = (
        f"    <testcase classname={_attribute(outcome.file)} name={_attribute(outcome.test)}"
        f' file={_attribute(outcome.file)} line="{outcome.line}" time="{outcome.seconds:.3f}"'
    )
    if outcome.passed:
        return f"{head}/>"
    inside = _failure(outcome.failed) if outcome.failed is not None else f"<error message={_attribute(outcome.error)}/>"
    return f"{head}>\n      {inside}\n    </testcase>"


def _failure(failed: Failed) -> str:
    said = "\n".join(f"{each.about}\nexpected: {each.expected}\nactual: {each.actual}" for each in failed.differences)
    message = f"line {failed.line}: {failed.turn}"
    return f"<failure message={_attribute(message)}>{escape(_NO_XML.sub(' ', said))}</failure>"


def _attribute(text: str | None) -> str:
    return quoteattr(_NO_XML.sub(" ", text or ""), {"\n": "&#10;"})
