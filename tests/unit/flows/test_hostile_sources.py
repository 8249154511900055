"""Nothing that a source can say reaches anything but the values that it was given."""

from typing import Any

from flows.language import LanguageError, Locality, RenderFailure, compile_condition, compile_reply, limits
from middleware.domain.capabilities import Size
from tests.unit.flows.hostile_sources import hostile
from tests.unit.flows.readers import NOW
from tests.unit.flows.test_reply_language_refusals import Canary

COUNT = 2_000


def values_with(canary: Canary) -> dict[str, Any]:
    """Values of every sort, a canary among them, all as long as they can be."""
    item = {"b": "é" * 100, "title": "x" * 120, "quantity": 2, "price": {"amount": 1, "currency": "EUR", "exponent": 2}}
    return {
        "canary": canary,
        "name": "{{ 7 * 7 }}",
        "n": 3,
        "big": "wörter " * 280,
        "at": "2026-09-23T10:58:59+00:00",
        "total": {"amount": 123456789, "currency": "MXN", "exponent": 2},
        "items": [item] * 20,
        "group": {"b": 1, "order": {"number": "#1", "items": [item] * 20}},
    }


def test_two_thousand_hostile_sources_reach_nothing() -> None:
    """Refused, failed, or a bounded text: no canary is touched or said, no address of an object, nothing is changed."""
    canary, locality = Canary(), Locality.of("en", "Europe/Madrid", NOW)
    values, before = values_with(canary), repr(values_with(Canary()))
    compiled = 0
    for source in hostile(COUNT):
        for compile_source in (compile_reply, compile_condition):
            try:
                program = compile_source(source)
            except LanguageError:
                continue
            compiled += 1
            assert _says_nothing_it_should_not(program, values, locality), source
    assert canary.touched == 0
    assert repr({**values, "canary": None}) == repr({**values_with(canary), "canary": None}) != before
    assert compiled > COUNT // 20


def _says_nothing_it_should_not(program: Any, values: dict[str, Any], locality: Locality) -> bool:
    try:
        if hasattr(program, "holds"):
            program.holds(values, locality)
            return True
        text = program.render(values, locality, Size(most=1000, in_bytes=True))
    except RenderFailure as failure:
        text = str(failure)
    return "canary-secret" not in text and " at 0x" not in text and len(text.encode()) <= limits.OUTPUT_BYTES
