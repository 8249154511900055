"""What the core says is said in every language of the console: each sentence of its code has a pattern, and what real
code says of what is wrong is translated.
"""

import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from connectors.mapping.loading import read_mapping
from connectors.mapping.ownership import read_ownership
from flows.checking.folder import Texts, checked_folder
from flows.json_schemas import json_schema
from flows.language import LanguageError, compile_condition
from flows.language.filters import FILTERS
from flows.preview.checking import checked, checked_source
from flows.schema import SCHEMA
from flows.shelf import Shelf
from flows.trying.talk import Talk
from middleware.console.language import LOCALES
from middleware.console.sentences import patterns, translated, weighed
from middleware.errors import MappingError
from tests.core_sentences import HOLE, ROOT, SPOKEN, UNSPOKEN, Made, sentences
from tests.unit.flows.hostile_sources import hostile
from tests.unit.flows.test_library_tests import FILES, LIBRARY
from tests.unit.middleware.console.wrong_files import FLOWS, MAPPINGS, OWNERSHIP, TEMPLATES, TESTS

_HOLES = re.compile(f"{HOLE}+")

OTHERS = LOCALES[1:]


def _is_covered(made: Made) -> bool:
    """Whether all of its own text is text of patterns; of a part of a sentence, whether it stands in one. Its first
    word may be the name of a field, which patterns take for a value.
    """
    _, _, behind = made.text.partition(" ")
    wholes = (made.text, f"{HOLE} {made.text}", f"{HOLE} {behind}")
    return any(_is_said(each) for each in wholes) or _stands_in_one(made.text)


def _is_said(text: str) -> bool:
    found = weighed(_HOLES.sub("x", text), "de")
    return found is not None and found[0] >= len(text.replace(HOLE, ""))


def _stands_in_one(text: str) -> bool:
    part = _HOLES.sub(HOLE, text).strip(f"{HOLE} ")
    return any(part in HOLE.join(pattern.texts) for pattern in patterns())


def test_every_sentence_of_the_core_can_be_said() -> None:
    """Whoever adds a sentence that pages show adds it to `words/sentences`, in all languages."""
    made = sentences()
    assert len(made) > 700
    lacking = [f"{each.place}: {each.text!r}" for each in made if not _is_covered(each)]
    assert lacking == [], "\n".join(["no pattern in middleware/console/words/sentences says:", *lacking])


def test_the_files_that_are_looked_at_are_there() -> None:
    """Each pattern of files finds some, and the list of those without sentences names none that is gone."""
    assert [pattern for pattern in SPOKEN if not list(ROOT.glob(pattern))] == []
    assert [name for name in UNSPOKEN if not (ROOT / name).is_file()] == []


def _english_of(said: set[str]) -> list[str]:
    """What of these sentences stays English in any language."""
    return sorted(each for each in said if any(translated(each, locale) is None for locale in OTHERS))


def test_whatever_is_wrong_with_a_text_is_said() -> None:
    """A thousand sources that a marketer would not write, as texts and as conditions: also what Jinja2 says of them."""
    said = {finding.message for source in hostile(1000) for finding in checked_source(source, "x").findings}
    said |= {problem for source in hostile(1000) for problem in _problems(source)}
    assert len(said) > 500
    assert _english_of(said) == []


def _problems(source: str) -> Iterator[str]:
    try:
        compile_condition(source)
    except LanguageError as error:
        yield from (each.message for each in error.problems)


@pytest.fixture(scope="module")
def library() -> Shelf:
    """The shipped flows and templates."""
    return Shelf.read(LIBRARY)


def test_whatever_is_wrong_with_a_file_is_said(library: Shelf) -> None:
    """Files of templates, flows and tests with all sorts of mistakes, what YAML and pydantic say of them among it."""
    said = {finding.message for text in TEMPLATES for finding in checked(text, "x.yaml").findings}
    texts = Texts(
        {f"f{number}.yaml": text for number, text in enumerate(FLOWS)},
        {f"templates/t{number}.yaml": text for number, text in enumerate(TEMPLATES)},
        {f"tests/t{number}.yaml": text for number, text in enumerate(TESTS)},
    )
    said |= {finding.message for file in checked_folder(texts, library) for finding in file.findings}
    assert len(said) > 70
    assert _english_of(said) == []


def test_whatever_is_wrong_with_a_mapping_is_said() -> None:
    """The same of mappings and of ownership, each line of it."""
    said = {line for text in MAPPINGS for line in _refused(read_mapping, text)}
    said |= set(_refused(read_ownership, OWNERSHIP))
    assert len(said) > 10
    assert _english_of(said) == []


def _refused(read: Callable[[str, str], object], text: str) -> list[str]:
    try:
        read(text, "mapping")
    except MappingError as error:
        return str(error).splitlines()
    return []


def test_why_the_shipped_flows_say_what_they_say_is_said(library: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reason that comes up in the tests of the shipped flows."""
    said = set[str]()
    really = Talk._decided

    def decided(talk: Talk, event: object, context: object) -> object:
        found = really(talk, event, context)  # type: ignore[arg-type] # handed on as they came
        said.update(found[0].why)
        return found

    monkeypatch.setattr(Talk, "_decided", decided)
    for tests in FILES.values():
        for _ in tests.run(library):
            pass
    assert len(said) > 100
    assert _english_of(said) == []


def test_what_the_shipped_flows_are_for_is_said() -> None:
    """The purposes of shipped flows and templates, and why they ask for a person: the lists show them to everybody."""
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in LIBRARY.rglob("*.yaml")]
    said = {each["purpose"] for each in files if "purpose" in each} | {why for each in files for why in _asking(each)}
    assert len(said) > 30
    assert _english_of(said) == []


def _asking(part: object) -> Iterator[str]:
    """Every reason for which a file asks for a person."""
    for name, inside in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "hand_over":
            yield inside if isinstance(inside, str) else inside["reason"]
        else:
            yield from _asking(inside)


def test_what_editors_offer_is_said() -> None:
    """What each value, each filter and each key of a file is: shown while somebody types."""
    said = {row.about for row in (*SCHEMA.values(), *FILTERS.values())}
    said |= {line for name in ("flow", "test") for about in _described(json_schema(name)) for line in about.split("\n")}
    assert len(said) > 200
    assert _english_of(said) == []


def _described(part: object) -> Iterator[str]:
    """Every description in a schema."""
    for name, inside in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name == "description" and isinstance(inside, str):
            yield inside
        else:
            yield from _described(inside)


def test_what_nobody_translated_stays_english() -> None:
    """The patterns are not so loose that they take in what others say."""
    for said in ("there is no such sentence", "Message undeliverable: 131026", "the shop is closed", "a: b", "x (y)"):
        assert translated(said, "de") is None
