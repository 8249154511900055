"""The reference of the reply language as a page, made from the tables that the language itself runs on.

`python -m flows.reference > docs/templates-reference.md` writes it anew; a test sees to it that it is current. What an
example says is not written down here: the example is run for Ana, who is made up.
"""

import sys
from collections.abc import Callable
from typing import get_args

from flows.files import Code
from flows.language import compile_reply, limits
from flows.language.filters import FILTERS, TESTS, Filter, Sort
from flows.language.locality import Locality
from flows.markdown import code as _code
from flows.markdown import table as _table
from flows.preview.building import through_lists
from flows.preview.customers import CUSTOMERS, NOW
from flows.schema import SCHEMA, Field
from middleware.domain.context import level_of_paths

LOCALES = ("en", "de", "es")
_ANA = CUSTOMERS["ana"]

_HEAD = f"""# The reply language: reference

Made by `python -m flows.reference > docs/templates-reference.md` from the tables that the language itself runs on; a
test sees to it that it is current. [Writing templates](templates.md) is where to begin.

What examples say is what they say to Ana, who is made up (`flows/preview/customers.py`): a regular customer in
{_ANA.zone} who reads on {NOW.day} {NOW:%B %Y}.
"""

_GRAMMAR = """## Grammar

A small part of Jinja2. What is not here is refused when the file is read, with line and column.

```
source     = { text | output | if | for | remark }
output     = "{{" expression "}}"
remark     = "{#" anything "#}"
if         = "{% if" expression "%}" source { "{% elif" expression "%}" source }
             [ "{% else %}" source ] "{% endif %}"
for        = "{% for" name "in" value "%}" source [ "{% else %}" source ] "{% endfor %}"

expression = or [ "if" or "else" expression ]
or         = and { "or" and }
and        = not { "and" not }
not        = "not" not | comparison
comparison = sum { ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in" ) sum }
sum        = joined { ( "+" | "-" ) joined }
joined     = quotient { "~" quotient }
quotient   = operand { "/" operand }
operand    = [ "+" | "-" ] primary { "|" filter [ "(" constant { "," constant } ")" ] } [ "is" [ "not" ] test ]
primary    = constant | value | "(" expression ")"
value      = name { "." name } | "(" value "|" ( "first" | "last" ) ")" "." name { "." name }
constant   = text in quotes | number | "true" | "false"
name       = letters, digits and single "_" between them, with a letter at the front
```

A tag that stands on a line of its own leaves no empty line. A value that is missing makes every comparison false; said,
or reckoned with, it ends the text, and the fallback is said.
"""

STATEMENTS = {
    "say a value": "{{ profile.name }}",
    "choose": '{% if orders.latest.state == "shipped" %}on its way{% elif orders %}in work{% else %}none{% endif %}',
    "choose inside a line": '{{ "here" if orders.latest.delivered else "not here yet" }}',
    "repeat": "{% for item in cart.items %}{{ item.title }}; {% endfor %}",
    "the first or last of a list": "{{ (cart.items | first).title }}",
    "compare": "{% if cart.count >= 3 and cart.count < 10 %}some{% endif %}",
    "look for something in a list or a text": '{% if "vip" in details.tags %}a regular{% endif %}',
    "turn round": "{% if not cart.fresh %}old{% else %}up to date{% endif %}",
    "reckon": "{{ (orders.count + 2) / 2 - 1 }}",
    "join": '{{ profile.name ~ " has " ~ orders.count ~ " orders" }}',
    "say two braces": "{{ '{{' }}",
    "remark": "{# for whoever reads the file #}said",
}
"""What can be written, with an example of each."""

LIMITS: dict[str, int] = {
    "bytes of a source": limits.SOURCE_BYTES,
    "bytes of what it says": limits.OUTPUT_BYTES,
    "tags (`{{ }}` and `{% %}`)": limits.TAGS,
    "words and signs in tags": limits.TOKENS,
    "words and signs in one tag": limits.TAG_TOKENS,
    "parentheses inside each other": limits.OPEN_PARENTHESES,
    "blocks inside each other": limits.OPEN_BLOCKS,
    "loops inside each other": limits.LOOP_DEPTH,
    "elements of a list that are looked at": limits.LIST_ITEMS,
    "digits of a number": limits.NUMBER_DIGITS,
    "work of one source: 1 for each part, more for a filter, twenty times that in a loop": limits.WORK,
}

_SORTS: dict[Sort, str] = {
    "text": "text", "number": "number", "yes_no": "yes or no", "money": "amount", "date": "date", "list": "list",
    "group": "group",
}  # fmt: skip

_ABOUT_TESTS = {
    "defined": "the value is there",
    "undefined": "the value is missing",
}

CODES: dict[Code, str] = {
    "unreadable": "the file cannot be read, is no YAML, is too large, or has something in it twice",
    "structure": "a part is missing, is not known, or is not written as it has to be",
    "language": "the text is not part of the reply language",
    "unknown-value": "there is no such value",
    "wrong-sort": "the value is of another sort than what is done with it takes",
    "can-be-missing": "the value can be missing and nothing is said instead",
    "empty-default": "nothing is said where the value is missing",
    "plural-forms": "the language counts with more or fewer forms than are written",
    "empty-fallback": "the fallback has nothing that can be seen",
    "value-in-fallback": "the fallback has a value in it",
    "fallback-too-long": "the fallback is longer than a channel takes",
    "says-nothing": "the text never says anything",
    "can-grow": "the text can grow past what a channel takes, or shows in this form",
    "too-long": "a title, payload or description is longer than a channel shows",
    "too-many": "there are more choices, buttons, rows or cards than a channel shows",
    "shown-otherwise": "a channel has not got this form and shows the nearest thing",
    "file-type": "not every channel takes such a file",
    "missing-locale": "English, German or Spanish is missing",
    "other-language": "the approved template is in another language than the locale",
    "variants": "weights and variants do not fit together",
    "approved": "WhatsApp or Messenger would refuse what is sent in the approved template",
    "above-level": "the value is there only for senders who may be told more than `--level` says",
}
"""What each code of a finding means."""


_OF_VALUES = ("value", "", "what it is", "can be missing", "level", "at most", "Ana's")


def page() -> str:
    """The reference, as Markdown."""
    return "\n".join(
        [
            _HEAD,
            _GRAMMAR,
            _table(("to", "is written", "says"), map(_statement, STATEMENTS.items())),
            "\n## Limits\n",
            _table(("at most", ""), ([what, f"{most:,}"] for what, most in LIMITS.items())),
            "\n## Filters\n",
            "A filter stands behind a value: `{{ value | filter }}`. Its arguments are written out, never values.\n",
            _table(("filter", "gives", "of", "arguments", "example", *LOCALES), map(_filter, FILTERS)),
            "\n## Tests\n",
            _table(("test", "holds if", "example", "says"), map(_test, TESTS)),
            "\n## Values\n",
            "Elements of a list are fields of it: `cart.items.title` is read inside `{% for item in cart.items %}` as",
            "`item.title`. A value can be missing even where its group is there if it says so; a group that can be",
            "missing takes all of its values with it. *Level* is the disclosure level from which on a value can be",
            "there at all ([identity](identity.md)).\n",
            _table(_OF_VALUES, map(_value, SCHEMA.values())),
            "\n## Findings\n",
            "What `throughline templates check` finds, by the code that stands beside it in `--json` and in editors.\n",
            _table(("code", "means"), ([_code(code), CODES[code]] for code in get_args(Code))),
        ]
    ) + "\n"  # fmt: skip


def said(source: str, locale: str = "en") -> str:
    """What a source says to Ana in this locale."""
    return compile_reply(source).render(_ANA.values, Locality.of(locale, _ANA.zone, NOW))


def _statement(row: tuple[str, str]) -> list[str]:
    what, source = row
    return [what, _code(source), said(source)]


def _filter(name: str) -> list[str]:
    row = FILTERS[name]
    source = f"{{{{ {row.example} }}}}"
    return [
        _code(name), row.about, ", ".join(_SORTS[sort] for sort in _SORTS if sort in row.takes), _arguments(row),
        _code(row.example), *(said(source, locale) for locale in LOCALES),
    ]  # fmt: skip


def _arguments(row: Filter) -> str:
    wanted = [argument.what for argument in row.arguments[: row.required]]
    others = [argument.what for argument in row.arguments[row.required :]]
    optional = f"{others[0]}{f' (up to {len(others)} more)' if len(others) > 1 else ' (not needed)'}" if others else ""
    return "; ".join(part for part in (*wanted, optional) if part) or "-"


def _test(name: str) -> list[str]:
    source = f"{{% if cart.total is {name} %}}yes{{% else %}}no{{% endif %}}"
    return [_code(name), _ABOUT_TESTS[name], _code(source), said(source)]


def _value(field: Field) -> list[str]:
    level = level_of_paths((field.path,)).name.lower()
    most = f"{field.length:,} characters" if field.sort == "text" else ""
    missing = "yes" if field.optional else ""
    return [_code(field.path), _SORTS[field.sort], field.about, missing, level, most, _of_ana(field)]


_SAID: dict[Sort, Callable[[str], str]] = {
    "text": lambda path: f"{{{{ {path} }}}}",
    "number": lambda path: f"{{{{ {path} }}}}",
    "money": lambda path: f"{{{{ {path} | money }}}}",
    "date": lambda path: f"{{{{ {path} | date }}}}",
    "yes_no": lambda path: f"{{{{ 'yes' if {path} else 'no' }}}}",
}


def _of_ana(field: Field) -> str:
    """What Ana has there; of a list the first element's. Nothing where she has it not."""
    way = _SAID.get(field.sort)
    if way is None:
        return ""
    path = through_lists(field.path)
    return said(f"{{% if {path} is defined %}}{way(path)}{{% endif %}}")


if __name__ == "__main__":
    sys.stdout.write(page())
