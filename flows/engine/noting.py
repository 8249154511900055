"""What is noted of a customer, by a step of a flow or by the answer of an engine: the same effects for both."""

from collections.abc import Mapping

from middleware.domain.conversation import Intent
from middleware.domain.turn import FieldSet, IntentNoted, Tagged


def noted(
    add: tuple[str, ...], remove: tuple[str, ...], fields: Mapping[str, str], intent: Intent | None
) -> tuple[Tagged | FieldSet | IntentNoted, ...]:
    """The effects of tags that come and go, of values by field, and of an intent; none where there is nothing."""
    tags = (Tagged(add=add, remove=remove),) if add or remove else ()
    intents = (IntentNoted(intent=intent),) if intent is not None else ()
    return (*tags, *(FieldSet(field=field, value=value) for field, value in fields.items()), *intents)
