"""Places: the steps of a flow at which it can wait, found by name, with all that follows there."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.engine.steps import Ask, Choice, Step, Wait


@dataclass(frozen=True, slots=True)
class Place:
    """A step that waits, and the steps with which the flow goes on after it.

    These are what follows in its own list, then what follows the list: a condition that led here is not asked again.
    """

    step: Ask | Wait
    then: tuple[Step, ...]


def flat(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps, those inside of others among them."""
    for step in steps:
        yield step
        yield from flat(_inside(step))


def places_of(steps: tuple[Step, ...]) -> Mapping[str, Place]:
    """Where a flow with these steps can wait, by the name of the step."""
    return dict(_places(steps, ()))


def names_taken_twice(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The names that more than one step waits under."""
    counted = Counter(step.name for step in flat(steps) if isinstance(step, Ask | Wait))
    return tuple(name for name, number in counted.items() if number > 1)


def _inside(step: Step) -> tuple[Step, ...]:
    match step:
        case Choice(then=then, otherwise=otherwise):
            return then + otherwise
        case Ask(otherwise=otherwise):
            return otherwise
    return ()


def _places(steps: tuple[Step, ...], after: tuple[Step, ...]) -> Iterator[tuple[str, Place]]:
    for index, step in enumerate(steps):
        then = steps[index + 1 :] + after
        match step:
            case Choice(then=one, otherwise=other):
                yield from _places(one, then)
                yield from _places(other, then)
            case Ask(name=name, otherwise=otherwise):
                yield name, Place(step, then)
                # Where no answer comes the flow ends with these.
                yield from _places(otherwise, ())
            case Wait(name=name):
                yield name, Place(step, then)
