"""Choosing fields by dotted paths."""

import pytest

from middleware.domain.context import BLOCKS
from middleware.domain.identifiers import Level
from middleware.handover import UnknownFieldError, blocks_of, hand_over, selected, selection
from middleware.handover.selecting import MOST_PATHS, paths
from tests.unit.middleware.handover.filled import context

TOLD = hand_over(context(), ids=True)
NOTHING = hand_over(context(level=Level.NEW))


def chosen(text: str, *, of: dict[str, object] | None = None) -> object:
    """The fields of a context with everything in it, or of another."""
    return selected(of or TOLD, selection(text))


def test_one_value_of_a_block() -> None:
    """A path leads into the value of a block without naming it."""
    assert chosen("orders.latest.number, profile.name") == {
        "orders": {"latest": {"number": "said at orders.value.latest.number"}},
        "profile": {"name": "said at profile.name"},
    }


def test_what_is_of_the_block_itself() -> None:
    """State, source and age of a block can be chosen; its value's own fields come first."""
    assert chosen("orders.state,orders.needs_level") == {"orders": {"state": "fresh", "needs_level": "linked"}}
    assert chosen("ad_click.source") == {"ad_click": {"source": "said at ad_click.value.source"}}


def test_lists_and_objects_with_names_of_others() -> None:
    """A path through a list chooses from each element; behind an object with any names, all that is left is a name."""
    numbers = [{"number": f"said at orders.value.all[{place}].number"} for place in range(2)]
    assert chosen("orders.all.number") == {"orders": {"all": numbers}}
    assert chosen("details.fields.name") == {
        "details": {"fields": {"name": TOLD["details"]["value"]["fields"]["name"]}}
    }
    assert chosen("details.fields.custom.size") == {"details": {"fields": {"custom.size": None}}}


def test_what_is_not_known_is_null_or_empty() -> None:
    """What was asked for is there, null or an empty list, whether or not somebody else could be told of it."""
    asked = "orders.latest.number,orders.all.number,cart.total,browsing.searches"
    assert chosen(asked, of=NOTHING) == {
        "orders": {"latest": {"number": None}, "all": []}, "cart": {"total": None}, "browsing": {"searches": []},
    }  # fmt: skip


def test_a_whole_has_its_parts() -> None:
    """Who asks for a whole and for a part of it gets the whole, in either order."""
    for asked in ("orders.latest,orders.latest.number", "orders.latest.number,orders.latest"):
        assert chosen(asked) == {"orders": {"latest": TOLD["orders"]["value"]["latest"]}}
    assert chosen("orders") == {"orders": TOLD["orders"]}


@pytest.mark.parametrize("path", paths())
def test_every_path_leads_somewhere(path: str) -> None:
    """Every path that is offered can be chosen, and something stands there in a context that has everything."""
    found = chosen(path)
    for step in path.split("."):
        found = found[0] if isinstance(found, list) else found
        assert isinstance(found, dict)
        found = found[step]
    assert found not in (None, [])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("orders.latest.nubmer", "did you mean orders.latest.number?"),
        ("profil.name", "did you mean profile.name?"),
        ("__class__", "there is no field"),
        ("orders.latest.number.real", "there is no field"),
        ("orders..number", "there is no field"),
        ("", "name 1 to 50 fields"),
        (" , ,", "name 1 to 50 fields"),
        (",".join(f"profile.claimed.{n}" for n in range(MOST_PATHS + 1)), "name 1 to 50 fields"),
        ("profile.claimed." + "x" * 500, "at most 200 characters"),
    ],
)
def test_what_leads_nowhere_is_refused(asked: str, said: str) -> None:
    """A path that leads to nothing a context can have is refused, with what may have been meant."""
    with pytest.raises(UnknownFieldError, match=said.replace("?", r"\?")):
        selection(asked)


def test_blocks_of_a_choice() -> None:
    """The blocks that have to be looked up are known from the paths."""
    assert blocks_of(selection("orders.latest.number,profile.name,cart")) == {"orders", "cart"}
    assert {path for path in paths() if "." not in path} >= set(BLOCKS)
