"""Flow files: what is read, and what is refused with file, line and what to write instead."""

from pathlib import Path

import pytest

from flows.engine import load_flow
from flows.engine.steps import Choice, HandOver, Say, Stop, TakeLink
from flows.runner import Flows
from middleware.errors import FlowError

FLOW = """\
flow: back_in_stock
purpose: Tells about the cart.
needs: [cart]
triggers:
  payload: [stock]
  intent:
    en: [back in stock]
when: cart.items
steps:
  - personal_link: cart
  - if: cart.count > 1
    then:
      - reply: many
    else:
      - reply: one
        when: cart.total
  - hand_over: asked about stock
  - stop
"""

TEMPLATE = """\
name: {name}
purpose: p
locales:
  en:
    text: {text}
    fallback: f
"""


def brand(folder: Path, flow: str, **templates: str) -> Path:
    """A brand's folder with one flow and its templates (name to text)."""
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "brand.yaml").write_text(flow, encoding="utf-8")
    for name, text in templates.items():
        source = TEMPLATE.format(name=name, text=text)
        (folder / "templates" / f"{name}.yaml").write_text(source, encoding="utf-8")
    return folder


def test_a_flow_reads_as_it_is_written() -> None:
    """Name, needs, triggers and steps come out in their order, conditions compiled."""
    flow = load_flow(FLOW, "stock.yaml")
    link, choice, hand_over, stop = flow.steps

    assert (flow.name, flow.needs) == ("back_in_stock", frozenset({"cart"}))
    assert (link, hand_over, stop) == (TakeLink("cart"), HandOver("asked about stock"), Stop())
    assert isinstance(choice, Choice)
    assert choice.then == (Say("many", 13),)
    assert isinstance(choice.otherwise[0], Choice)
    assert {reply.template for reply in flow.replies()} == {"many", "one"}
    assert flow.findings == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cart.items", "cart.itmes", "stock.yaml:8:7: there is no value cart.itmes - did you mean cart.items?"),
        ("when: cart.items", "when: cart.items ==", "stock.yaml:8:7: "),
        ("when: cart.items", "when: range(3)", "stock.yaml:8:7: calling something is not part"),
        ("when: cart.items", "when: orders.count > 1", "stock.yaml:8: reads orders; write it under needs"),
        ("cart.count > 1", "cart.count ** 1", "stock.yaml:11:20: there is no **"),
        ("when: cart.total", "when: cart.totl", "stock.yaml:16:15: there is no value cart.totl"),
        ("personal_link: cart", "personal_link: basket", "stock.yaml:10: steps.0.personal_link"),
        ("- reply: many", "- repyl: many", "stock.yaml:13: steps.1.then.0.repyl is not known - did you mean reply?"),
        ("- stop", "- stpo", "stock.yaml:18: steps.3"),
        ("- stop", "- when: cart.items", "stock.yaml:18: steps.3 does one thing"),
        ("  - hand_over:", "    reply: x\n  - hand_over:", "stock.yaml:11: steps.1 does one thing"),
        ("  - if: cart.count > 1\n", "  - reply: x\n", "stock.yaml:11: steps.1 has then or else without an if"),
        ("needs: [cart]", "needs: [carts]", "stock.yaml:3: needs.0"),
        ("en: [back in stock]", "en: [yes]", "stock.yaml:7: triggers.intent.en.0 must be a text; put it in quotes"),
        ("en: [back in stock]", 'en: ["?!"]', "stock.yaml:7: triggers.intent.en.0 has no word in it"),
        ("  payload: [stock]\n  intent:\n    en: [back in stock]\n", "  {}\n", "stock.yaml:4: triggers starts nothing"),
        ("flow: back_in_stock\n", "", "stock.yaml:1: flow is missing; add it"),
        ("flow:", "flwo:", "flwo is not known - did you mean flow?"),
    ],
)
def test_errors_name_file_line_and_remedy(old: str, new: str, message: str) -> None:
    """A flow with a mistake is refused, and the message says where and what to write."""
    assert old in FLOW
    with pytest.raises(FlowError) as raised:
        load_flow(FLOW.replace(old, new, 1), "stock.yaml")

    assert message in str(raised.value)


def test_steps_are_not_nested_without_end() -> None:
    """Five levels of `if` are refused: nobody can read them aloud."""
    deep = "  - reply: x\n"
    for _ in range(6):
        deep = "  - if: cart\n    then:\n" + "".join(f"    {line}\n" for line in deep.splitlines())
    source = FLOW.split("steps:", maxsplit=1)[0] + "steps:\n" + deep

    with pytest.raises(FlowError, match="too deep"):
        load_flow(source, "deep.yaml")


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ({"many": "a"}, "brand.yaml:15: there is no template 'one'"),
        (
            {"many": "a", "one": "'{{ orders.count | default(1) }}'"},
            "brand.yaml:15: template one reads orders; write it",
        ),
        (
            {"many": "'{{ links.product | default(1) }}'", "one": "a"},
            "brand.yaml:13: template many reads links.product; add the step personal_link: product",
        ),
    ],
)
def test_flows_and_templates_must_fit(tmp_path: Path, templates: dict[str, str], message: str) -> None:
    """A flow replies with templates that exist, and declares all that they read."""
    with pytest.raises(FlowError) as raised:
        Flows.load(brand(tmp_path, FLOW, **templates))

    assert message in str(raised.value)


def test_a_brand_adds_and_replaces(tmp_path: Path) -> None:
    """A brand's files stand over the shipped ones by name; its needs are added."""
    replaced = FLOW.replace("back_in_stock", "fallback").replace("payload: [stock]", "fallback: true")
    flows = Flows.load(brand(tmp_path, replaced, many="a", one="b"))
    names = [flow.name for flow in flows._flows]

    assert sorted(names) == sorted(flow.name for flow in Flows.shipped()._flows)
    assert flows.needs == Flows.shipped().needs


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """In one folder a name is given once."""
    folder = brand(tmp_path, FLOW, many="a", one="b")
    (folder / "copy.yaml").write_text(FLOW, encoding="utf-8")

    with pytest.raises(FlowError, match=r"copy.yaml:1: back_in_stock is in brand.yaml already"):
        Flows.load(folder)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are named with their file."""
    (tmp_path / "odd.yaml").write_bytes(b"flow: \xff\xfe")

    with pytest.raises(FlowError, match=r"odd.yaml:1: is not UTF-8"):
        Flows.load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A mistyped folder is said, not passed over."""
    with pytest.raises(FlowError, match="is no folder"):
        Flows.load(tmp_path / "nowhere")
