"""Published templates over those of files: compiled when they are said, few kept compiled, and never in the way."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.publishing import Desk
from flows.publishing.published import Compiled, PublishedTemplates
from flows.runner import Flows
from flows.templates import render
from tests.benchmarks.templates import measured
from tests.unit.flows.readers import reader


def source(name: str, text: str = "Hello.") -> str:
    """A template that says a text."""
    return f"name: {name}\npurpose: A test.\nlocales:\n  en:\n    text: {text!r}\n    fallback: Sorry.\n"


def said(templates: PublishedTemplates, name: str) -> str:
    """What a template says."""
    return render(templates[name], reader(), {}).text


def test_what_is_published_goes_before_the_file(shipped: Flows) -> None:
    """And where nothing is, or what is does not compile, the file's is there: the lookup never breaks a decision."""
    files = shipped.shelf.templates
    sources = {"fallback": source("fallback"), "extra": source("extra"), "order_status": "{"}
    templates = PublishedTemplates(files, sources, Compiled())
    assert (said(templates, "fallback"), said(templates, "extra")) == ("Hello.", "Hello.")
    assert templates["order_status"] is files["order_status"]
    assert templates["file_received"] is files["file_received"]
    assert set(templates) == {*files, "extra"}
    assert len(templates) == len(files) + 1
    with pytest.raises(KeyError):
        templates["nowhere"]


def test_only_so_many_are_kept_compiled() -> None:
    """Those that were said last; one that had to go is compiled again and says the same."""
    compiled = Compiled(most=3)
    sources = {f"t{number}": source(f"t{number}", f"I am {number}.") for number in range(5)}
    templates = PublishedTemplates({}, sources, compiled)
    for name in ("t0", "t1", "t2", "t0", "t3"):
        said(templates, name)
    kept = templates["t0"]
    assert len(compiled) == 3
    assert templates["t0"] is kept
    assert said(templates, "t1") == "I am 1."
    assert len(compiled) == 3


def test_another_source_under_the_same_name_is_another_template() -> None:
    """What is kept of the version before is never said for the new one."""
    compiled = Compiled()
    for text in ("One.", "Two.", "One."):
        assert said(PublishedTemplates({}, {"t": source("t", text)}, compiled), "t") == text


def test_threads_share_what_is_compiled() -> None:
    """Checked in a thread while it is said in another: nobody is given the wrong one, and the bound holds."""
    compiled = Compiled(most=4)
    sources = {f"t{number}": source(f"t{number}", f"I am {number}.") for number in range(8)}
    templates = PublishedTemplates({}, sources, compiled)
    with ThreadPoolExecutor(4) as threads:
        names = [f"t{number % 8}" for number in range(400)]
        assert list(threads.map(lambda name: said(templates, name), names)) == [f"I am {name[1:]}." for name in names]
    assert len(compiled) <= 4


def test_the_desk_knows_what_flows_say(shipped: Flows) -> None:
    """The templates in their replies, and the two that are said without a flow."""
    desk = Desk(shipped)
    assert {"fallback", "file_received", "order_status"} <= desk.said <= desk.files.keys()


def test_memory_and_times_are_measured() -> None:
    """The measurement runs, and finds what it says; how much that is, `docs/template-versions.md` tells."""
    found = measured(3)
    assert (found["templates"], found["compiled"]) == (3, 3)
    assert min(found[each] for each in ("first_time_us", "cached_us", "exchange_us")) > 0


def test_a_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """What stands in the brand's folder is version 0 as it was written, line ends and all."""
    written = "\ufeff" + source("fallback", "Grüße.").replace("\n", "\r\n") + "# no end"
    file = tmp_path / "templates" / "fallback.yaml"
    file.parent.mkdir()
    file.write_bytes(written.encode())
    assert Desk(Flows.load(tmp_path)).files["fallback"].encode() == written.encode()
