"""Published templates over those of files: few kept compiled, none compiled in a decision, and never in the way."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.publishing import Desk
from flows.publishing.published import Compiled, PublishedTemplates
from flows.runner import Flows
from flows.templates import Template, load_template, render
from middleware.domain.attachments import Attachment
from middleware.domain.channels import CHANNELS
from middleware.domain.template_versions import PublishedSource
from middleware.errors import NotCompiled
from tests.benchmarks.templates import measured
from tests.unit.flows.flow_examples import a_context, an_event
from tests.unit.flows.readers import reader


def source(name: str, text: str = "Hello.") -> str:
    """A template that says a text."""
    return f"name: {name}\npurpose: A test.\nlocales:\n  en:\n    text: {text!r}\n    fallback: Sorry.\n"


def published(**texts: str) -> dict[str, PublishedSource]:
    """Versions by name, each the fifth."""
    return {name: PublishedSource(5, source(name, text)) for name, text in texts.items()}


def over(
    files: Mapping[str, Template], versions: Mapping[str, PublishedSource], compiled: Compiled
) -> Callable[[str], str]:
    """What a template says, compiled first where it has to be."""
    templates = PublishedTemplates(files, versions, compiled)

    def said(name: str) -> str:
        try:
            return render(templates[name], reader(), {}).text
        except NotCompiled as missing:
            text = versions[missing.template].source
            compiled.keep(missing.template, text, load_template(text, "t.yaml"))
            return said(name)

    return said


def test_what_is_published_goes_before_the_file(shipped: Flows) -> None:
    """And where nothing is, the file's is there. What is not compiled yet is not compiled here: it is asked for."""
    files, compiled = shipped.shelf.templates, Compiled()
    versions = published(fallback="Hello.", extra="Hello.")
    templates, said = PublishedTemplates(files, versions, compiled), over(files, versions, compiled)
    with pytest.raises(NotCompiled) as missing:
        templates["fallback"]
    assert missing.value.template == "fallback"
    assert (said("fallback"), said("extra")) == ("Hello.", "Hello.")
    assert (templates["fallback"].version, templates["file_received"].version) == (5, 0)
    assert templates["file_received"] is files["file_received"]
    assert set(templates) == {*files, "extra"}
    assert len(templates) == len(files) + 1
    with pytest.raises(KeyError):
        templates["nowhere"]


def test_only_so_many_are_kept_compiled() -> None:
    """Those that were said last; one that had to go is asked for again."""
    compiled = Compiled(most=3)
    versions = published(**{f"t{number}": f"I am {number}." for number in range(5)})
    templates, said = PublishedTemplates({}, versions, compiled), over({}, versions, compiled)
    for name in ("t0", "t1", "t2", "t0", "t3"):
        said(name)
    assert len(compiled) == 3
    assert templates["t0"].name == "t0"
    with pytest.raises(NotCompiled):
        templates["t1"]
    assert said("t1") == "I am 1."
    assert len(compiled) == 3


def test_another_source_under_the_same_name_is_another_template() -> None:
    """What is kept of the version before is never said for the new one."""
    compiled = Compiled()
    for text in ("One.", "Two.", "One."):
        assert over({}, published(t=text), compiled)("t") == text


def test_threads_share_what_is_compiled() -> None:
    """Compiled in a thread while it is said in another: nobody is given the wrong one, and the bound holds."""
    compiled = Compiled(most=4)
    said = over({}, published(**{f"t{number}": f"I am {number}." for number in range(8)}), compiled)
    with ThreadPoolExecutor(4) as threads:
        names = [f"t{number % 8}" for number in range(400)]
        assert list(threads.map(said, names)) == [f"I am {name[1:]}." for name in names]
    assert len(compiled) <= 4


@pytest.mark.parametrize("name", ["fallback", "file_received"])
def test_a_decision_asks_for_what_is_not_ready(shipped: Flows, name: str) -> None:
    """Also where the flow fails, and where it is the fallback itself: nobody is left without an answer."""
    desk = Desk(shipped)
    flows = desk.over(published(**{name: "Hello."}))
    event = an_event("gobbledygook") if name == "fallback" else an_event("", attachments=(Attachment(kind="image"),))
    with pytest.raises(NotCompiled):
        flows.decide(event, None, a_context(), CHANNELS["messenger"])
    assert desk.compile(name, source(name, "Hello.")) == ()
    assert flows.decide(event, None, a_context(), CHANNELS["messenger"]).replies[0].text == "Hello."


def test_the_fallback_of_a_flow_that_fails_is_asked_for_too(shipped: Flows) -> None:
    """A failure inside a decision says the published fallback, never nothing."""
    desk = Desk(shipped)
    flows = desk.over(published(fallback="Hello."))
    broken = a_context().model_copy(update={"orders": 1})
    with pytest.raises(NotCompiled):
        flows.decide(an_event("where is my order?"), None, broken, CHANNELS["messenger"])


def test_the_desk_knows_what_flows_say(shipped: Flows) -> None:
    """The templates in their replies, and the two that are said without a flow."""
    desk = Desk(shipped)
    assert {"fallback", "file_received", "order_status"} <= desk.said <= desk.files.keys()


def test_memory_and_times_are_measured() -> None:
    """The measurement runs, and finds what it says; how much that is, `docs/template-versions.md` tells."""
    found = measured(3)
    assert (found["templates"], found["compiled"]) == (3, 3)
    assert min(found[each] for each in ("compile_us", "cached_us", "exchange_us")) > 0


def test_a_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """What stands in the brand's folder is version 0 as it was written, line ends and all."""
    written = "\ufeff" + source("fallback", "Grüße.").replace("\n", "\r\n") + "# no end"
    file = tmp_path / "templates" / "fallback.yaml"
    file.parent.mkdir()
    file.write_bytes(written.encode())
    assert Desk(Flows.load(tmp_path)).files["fallback"].encode() == written.encode()
