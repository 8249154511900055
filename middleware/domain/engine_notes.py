"""What an engine notes of a customer beside what it says: fields, tags, and what they are after.

The same that the steps `set`, `tag` and `intent` of a flow can note, bounded and cleaned. What cannot be noted is left
out, and told.
"""

from typing import get_args

from middleware.domain.conversation import Intent
from middleware.domain.engine_reading import Notes, list_of, object_of, text_of
from middleware.domain.engine_text import on_one_line
from middleware.domain.settable import LONGEST_NOTE, MOST_NOTES, SETTABLE, is_settable

_INTENTS: tuple[Intent, ...] = get_args(Intent)


def fields_of(value: object, notes: Notes) -> dict[str, str]:
    """What it says of the customer's fields, each as a text. Raises Unreadable.

    Of fields that it cannot set only the number is told: their names are words of the answer.
    """
    given = object_of({} if value is None else value, "set")
    allowed = {field: each for field, each in given.items() if is_settable(field)}
    if others := len(given) - len(allowed):
        can = f"{', '.join(SETTABLE)} and custom.<name> can be set"
        notes.add("set", f"{others} field{'' if others == 1 else 's'} left out; {can}")
    if len(allowed) > MOST_NOTES:
        notes.add("set", f"more than {MOST_NOTES}, the others are left out")
    said = {field: _note(_written(each), "set", notes) for field, each in list(allowed.items())[:MOST_NOTES]}
    return {field: each for field, each in said.items() if each}


def tags_of(value: object, notes: Notes) -> tuple[str, ...]:
    """The tags that it gives, each once. Raises Unreadable."""
    given = [text_of(each, f"tags[{place}]") for place, each in enumerate(list_of(value, "tags"))]
    if len(given) > MOST_NOTES:
        notes.add("tags", f"more than {MOST_NOTES}, the others are left out")
    tags = (_note(each, f"tags[{place}]", notes) for place, each in enumerate(given[:MOST_NOTES]))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def intent_of(value: object, notes: Notes) -> Intent | None:
    """What the customer is after, if it is one of the words for that. Raises Unreadable."""
    word = text_of(value, "intent")
    found = next((each for each in _INTENTS if each == word), None)
    if word and found is None:
        notes.add("intent", f"none of {', '.join(_INTENTS)}")
    return found


def _written(value: object) -> str:
    """What a field is set to, as a text."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
    return text_of(value, "a value of set")


def _note(text: str, where: str, notes: Notes) -> str:
    """A tag or a value, if it is short enough: a part of one would be another one."""
    # Never cut: in its normal form a text is at most three times as long.
    said = on_one_line(text, 3 * len(text))
    if 0 < len(said) <= LONGEST_NOTE:
        return said
    notes.add(where, f"not 1 to {LONGEST_NOTE} characters that can be seen")
    return ""
