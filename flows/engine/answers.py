"""What the answer of an engine brings beside its words: personal links, a hand-over, what it notes of the customer.

Reasons tell what and how many, in no word of the answer: they go into the trace.
"""

from collections.abc import Iterable, Iterator, Mapping

from flows.engine.noting import noted
from middleware.domain.engines import EngineAnswer
from middleware.domain.messages import Reply
from middleware.domain.turn import Effect, HandedOver, LinkIssued


def handed_over(answer: EngineAnswer) -> tuple[Effect, ...]:
    """That a person should look at it, if the engine asks for one."""
    return (HandedOver(reason=answer.hand_over),) if answer.hand_over else ()


def links_said(replies: Iterable[Reply], offers: Mapping[str, str]) -> tuple[LinkIssued, ...]:
    """The personal links on offer (ids by purpose) that the replies say: these come into being before they are sent.

    A link is known by its id, which nobody can guess: however the engine has written the rest of its address.
    """
    shown = "\n".join(reply.model_dump_json() for reply in replies)
    return tuple(LinkIssued(id=link, purpose=purpose) for purpose, link in offers.items() if link in shown)


def noted_by(answer: EngineAnswer) -> tuple[Effect, ...]:
    """What it notes of the customer."""
    return noted(answer.tags, (), answer.set, answer.intent)


def reasons_of(answer: EngineAnswer, links: Iterable[LinkIssued]) -> Iterator[str]:
    """How the trace tells of all this."""
    for link in links:
        yield f"personal link for {link.purpose}"
    several = (("tag", answer.tags), ("field", answer.set))
    counted = [f"{len(each)} {what}{'s' if len(each) > 1 else ''}" for what, each in several if each]
    if answer.intent is not None:
        counted.append(f"intent {answer.intent}")
    if counted:
        yield f"noted: {', '.join(counted)}"
