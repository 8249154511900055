"""Templates, contexts and readers, made up: what Hypothesis draws from.

Sources follow the grammar of the language and the sorts of their values, so that most of them pass the check; what goes
wrong with them is for the contexts, which have holes and values of other sorts.
"""

import copy
import re
from typing import Any

import yaml
from hypothesis import strategies as st

from flows.language.filters import FILTERS
from flows.preview.building import children_of, through_lists
from flows.preview.customers import CUSTOMERS, Customer
from flows.schema import SCHEMA
from middleware.domain.channels import CHANNELS

END = "The end."
"""With this every text ends: where it is said without this, it is half of one."""

_WORDS = st.sampled_from(["Hello ", "and ", "\n", "¿Qué? ", "\N{WAVING HAND SIGN} ", "x" * 300 + " ", "", "} } ", "% "])
_CALLS = {name: re.search(rf"\| ({name}(\(.*?\))?)", row.example) for name, row in FILTERS.items()}
_CALL = {name: match[1] for name, match in _CALLS.items() if match is not None}
_LAST = {"money": "money", "date": "date", "list": "length", "group": "summary"}
"""The filter that makes something sayable of each sort that is not."""


@st.composite
def values(draw: st.DrawFn) -> str:
    """An expression that can be said: a value through filters that fit its sort."""
    path = draw(st.sampled_from(sorted(SCHEMA)))
    written, sort = through_lists(path), SCHEMA[path].sort
    for name in draw(st.lists(st.sampled_from(sorted(_CALL)), max_size=3)):
        row = FILTERS[name]
        if sort in row.takes and name not in {"first", "last"}:
            written, sort = f"{written} | {_CALL[name]}", row.gives or sort
    if sort == "yes_no":
        return f"'yes' if {written} else 'no'"
    return f"{written} | {_LAST[sort]}" if sort in _LAST else written


@st.composite
def conditions(draw: st.DrawFn, depth: int = 0) -> str:
    """A question to the values."""
    path = through_lists(draw(st.sampled_from(sorted(SCHEMA))))
    forms = ["{0}", "not {0}", "{0} is defined", "{0} is undefined", '{0} == "shipped"', "{0} > 1", '"vip" in {0}']
    written = draw(st.sampled_from(forms)).format(path)
    if depth > 1 or draw(st.booleans()):
        return written
    return f"({written} {draw(st.sampled_from(['and', 'or']))} {draw(conditions(depth + 1))})"


@st.composite
def loops(draw: st.DrawFn) -> str:
    """A loop over a list that says a field of each element."""
    lists = [path for path, field in SCHEMA.items() if field.sort == "list" and children_of(path)]
    path = draw(st.sampled_from([path for path in lists if "(" not in through_lists(path)]))
    fields = [field.path for field in children_of(path) if field.sort in {"text", "number", "money", "date"}]
    field = draw(st.sampled_from(fields))
    last = _LAST.get(SCHEMA[field].sort)
    said = f"each.{field.rpartition('.')[2]}" + (f" | {last}" if last else "")
    return f"{{% for each in {path} %}}{draw(_WORDS)}{{{{ {said} }}}}{{% else %}}none {{% endfor %}}"


@st.composite
def _choices(draw: st.DrawFn, depth: int) -> str:
    first, second = draw(conditions()), draw(conditions())
    body, other, last = (draw(pieces(depth + 1)) for _ in range(3))
    return f"{{% if {first} %}}{body}{{% elif {second} %}}{other}{{% else %}}{last}{{% endif %}}"


@st.composite
def pieces(draw: st.DrawFn, depth: int = 0) -> str:
    """A part of a source: words, values, choices, loops, remarks."""
    said = values().map("{{{{ {} }}}}".format)
    joined = st.tuples(values(), values()).map(lambda pair: "{{{{ ({}) ~ ({}) }}}}".format(*pair))
    kinds = [_WORDS, said, said, joined, loops(), st.just("{# a remark #}")]
    if depth < 2:
        kinds.append(_choices(depth))
    return "".join(draw(st.lists(st.one_of(kinds), min_size=1, max_size=4)))


sources = pieces().map(lambda source: f"{source} {END}")

_BUTTON: list[dict[str, str]] = [
    {"title": "Track it", "payload": "track"},
    {"title": "To the shop", "url": "https://shop.example/"},
    {"title": "Call " * 6, "phone": "+34600111222"},
    {"title": "Talk to a person", "payload": "p" * 300},
]
_ROWS = [{"title": f"Row {number}", "payload": str(number), "description": "d" * 80} for number in range(12)]
_CARD = {
    "title": "Rose Night Cream",
    "subtitle": "24 EUR",
    "image": "https://shop.example/a.png",
    "buttons": _BUTTON[1:2],
}

_FORMS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.integers(1, 15).map(lambda count: {"quick_replies": [{"title": f"T{n}", "payload": "p"} for n in range(count)]}),
    st.lists(st.sampled_from(_BUTTON), min_size=1, max_size=5).map(lambda buttons: {"buttons": buttons}),
    st.integers(1, 12).map(lambda count: {"list": {"button": "Choose", "sections": [{"rows": _ROWS[:count]}]}}),
    st.integers(1, 12).map(lambda count: {"cards": [_CARD] * count}),
    st.just({"media": {"type": "image", "url": "https://shop.example/a.png"}}),
    st.sampled_from(["phone", "email", "location"]).map(lambda what: {"ask": what}),
    values().map(lambda value: {"approved": {"name": "a", "language": "en", "body": [f"{{{{ {value} }}}}"]}}),
)  # fmt: skip
_FALLBACKS = st.sampled_from(["Hi!", "A person from our team will answer you here.", "Für dich: ¡Hola! " + "ü" * 400])


@st.composite
def _contents(draw: st.DrawFn) -> dict[str, Any]:
    return {"text": draw(sources), **draw(_FORMS)}


@st.composite
def template_files(draw: st.DrawFn) -> str:
    """A template file as YAML: one locale or two, channels, variants and the window, each drawn."""
    form: dict[str, Any] = {**draw(_contents()), "fallback": draw(_FALLBACKS)}
    if draw(st.booleans()):
        form["channels"] = {draw(st.sampled_from(sorted(CHANNELS))): draw(_contents())}
    file: dict[str, Any] = {"name": "made_up", "purpose": "p", "too_long": draw(st.sampled_from(["cut", "split"]))}
    if draw(st.booleans()):
        file["variants"] = {"base": 1, "other": 1}
        form["variants"] = {"other": {**draw(_contents()), "fallback": draw(_FALLBACKS)}}
    if draw(st.booleans()):
        body = [f"{{{{ {draw(values())} }}}}"]
        form["outside_window"] = {"name": "come_back", "language": "en", "body": body}
    file["locales"] = {"en": form, **({"de": {"text": END, "fallback": "Hallo."}} if draw(st.booleans()) else {})}
    return yaml.safe_dump(file, allow_unicode=True)


ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 10**30, 1e300, float("nan"), float("inf"), "", " ", "x" * 5000, [], {}]),
    st.sampled_from(["{{ 7*7 }}", "{% if", "9999-12-31T23:59:59+00:00", "0001-01-01", "2026-03-04", "<b>", "\u202e"]),
    st.sampled_from([[1, None, {}], [[]], {"amount": 1}, {"amount": 10**40, "currency": "XXX", "exponent": 10**9}]),
    st.sampled_from([{"amount": 1, "currency": "", "exponent": -5}, {"title": 7}, [{"title": "a"}] * 500]),
    st.text(max_size=10),
)


@st.composite
def contexts(draw: st.DrawFn) -> tuple[Customer, dict[str, Any]]:
    """A made-up customer, and their values with some removed and some replaced by something of another sort."""
    customer = draw(st.sampled_from(list(CUSTOMERS.values())))
    changed: dict[str, Any] = copy.deepcopy(dict(customer.values))
    for path in draw(st.lists(st.sampled_from(sorted(SCHEMA)), max_size=6)):
        instead = draw(st.none() | st.tuples(ANYTHING))
        _change(changed, path.split("."), instead)
    return customer, changed


def _change(value: Any, words: list[str], instead: tuple[Any] | None) -> None:
    """Remove what stands at a path, or put something else there; in a list, of each element."""
    if isinstance(value, list):
        for each in value:
            _change(each, words, instead)
    elif isinstance(value, dict) and words[0] in value:
        if len(words) > 1:
            _change(value[words[0]], words[1:], instead)
        elif instead is None:
            del value[words[0]]
        else:
            (value[words[0]],) = instead
