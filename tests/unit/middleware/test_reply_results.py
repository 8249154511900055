"""What became of replies, and how it is counted: each thing once, in whatever order and however often it is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from middleware.domain.events import Receipt
from middleware.domain.messages import Reply, SendState
from middleware.domain.policy import STOPPED
from middleware.domain.reply_results import Receipts, ReplyResult, results_of
from middleware.domain.reply_tally import Tally
from middleware.domain.template_results import Rate, TemplateResults, VariantResults
from middleware.domain.turn import Decision, OutboundMessage, Turn
from tests.unit.middleware.builders import at, phone

NOW = at(60 * 24 * 30)
DAY = 60 * 24


def message(number: int = 0, **parts: Any) -> OutboundMessage:
    """A message of a turn that went out a minute after the start."""
    said = parts.pop("reply", None) or Reply(text="Hello", template="hello", locale="en", variant="base")
    known = {"key": f"k.{number}", "reply": said, "state": SendState.SENT, "message_id": f"w{number}"}
    return OutboundMessage(**{**known, "settled_at": at(1), **parts})


def turn(*messages: OutboundMessage, **parts: Any) -> Turn:
    """A turn that was decided at the start."""
    known = {
        "id": "t", "event_key": "e", "conversation_id": "c", "profile_id": "p", "channel": "whatsapp", "account": "1",
        "recipient": (phone(),), "decided_at": at(0), "sent_at": at(0), "decision": Decision(), "messages": messages,
    }  # fmt: skip
    return Turn(**{**known, **parts})


def only(found: list[ReplyResult]) -> ReplyResult:
    """The one reply that there is."""
    (one,) = found
    return one


def what_became(*receipts: Receipt, written: tuple[datetime, ...] = (), **parts: Any) -> ReplyResult:
    """What became of one message."""
    return only(results_of(turn(message(**parts)), Receipts(receipts), written))


def test_a_reply_has_come_as_far_as_the_platform_reported() -> None:
    """By the platform's id, by our own key, or by a watermark; what is read has arrived."""
    assert not what_became().delivered
    assert what_became(Receipt(status="delivered", message_ids=("w0",))).delivered
    read = what_became(Receipt(status="read", correlation_key="k.0"))
    assert (read.fate, read.delivered, read.read) == ("sent", True, True)
    assert what_became(Receipt(status="read", watermark=at(1))).read
    assert not what_became(Receipt(status="read", watermark=at(0.9))).read
    assert not what_became(Receipt(status="read", message_ids=("w1",))).read


@given(st.permutations(["sent", "delivered", "delivered", "read", "read"]))
def test_reports_in_any_order_and_twice_are_the_same(statuses: list[Any]) -> None:
    """They are a set."""
    receipts = [Receipt(status=each, message_ids=("w0",)) for each in statuses]
    assert what_became(*receipts) == what_became(Receipt(status="read", message_ids=("w0",)))


def test_a_reply_that_the_platform_reports_as_failed_has_failed() -> None:
    """Although it had been taken: then it neither arrived nor was it answered."""
    failed = what_became(Receipt(status="failed", message_ids=("w0",)), written=(at(2),))
    assert (failed.fate, failed.at, failed.answered) == ("failed", None, False)


def test_what_was_not_sent_says_why() -> None:
    """Failed, held back because the customer said STOP, not known, or waiting: neither of them is sent."""
    found = [
        what_became(state=SendState.FAILED, reason="account_problem"),
        what_became(state=SendState.FAILED, reason=STOPPED),
        what_became(state=SendState.UNKNOWN),
        what_became(state=SendState.SENDING, settled_at=None),
    ]
    assert [each.fate for each in found] == ["failed", "held_back", "unknown", "waiting"]
    assert not any(each.at for each in found)


def test_an_answer_comes_after_the_reply_and_within_a_day() -> None:
    """Not what was written before it went out, and not what came later."""
    assert what_became(written=(at(0), at(1 + DAY))).answered
    assert not what_became(written=(at(0), at(1))).answered
    assert not what_became(written=(at(0), at(1) + timedelta(hours=24, seconds=1))).answered


def test_several_messages_of_one_template_are_one_reply() -> None:
    """It is out when the last of them is, and has come as far as the one that came least far."""
    two = turn(message(0), message(1, settled_at=at(3)))
    half = only(results_of(two, Receipts([Receipt(status="read", message_ids=("w0",))]), (at(2),)))
    assert (half.id, half.at, half.read, half.answered) == ("k.0", at(3), False, False)
    both = Receipts([Receipt(status="read", message_ids=("w0",)), Receipt(status="delivered", message_ids=("w1",))])
    assert (only(results_of(two, both, ())).delivered, only(results_of(two, both, ())).read) == (True, False)
    broken = turn(message(0), message(1, state=SendState.FAILED, reason="refused"))
    assert only(results_of(broken, both, ())).fate == "failed"


def test_two_templates_of_one_turn_are_two_replies() -> None:
    """Each by itself; what no template said is told apart."""
    other = message(1, reply=Reply(text="And", template="more", locale="en"))
    bare = message(2, reply=Reply(text="As a bot says"))
    found = results_of(turn(message(0), other, bare), Receipts(()), (at(2),))
    assert [each.template for each in found] == ["hello", "more", None]
    assert all(each.answered for each in found)


def reply(name: str = "1", *, minutes: float = 0, conversation: str = "c", **parts: Any) -> ReplyResult:
    """A reply that went out then."""
    known = {
        "id": name, "conversation": conversation, "sender": "s", "template": "hello", "locale": "en",
        "variant": "base", "version": 0, "fell_back": False, "fate": "sent",
        "decided_at": at(minutes), "at": at(minutes),
    }  # fmt: skip
    return ReplyResult(**{**known, **parts})


def counted(
    *conversations: list[ReplyResult],
    orders: Mapping[str, Mapping[str, datetime]] | None = None,
    now: datetime = NOW,
    **asked: Any,
) -> TemplateResults:
    """The results of these conversations."""
    tally = Tally(now, asked.pop("by", "variant"))
    for replies in conversations:
        tally.add(replies, orders or {})
    return tally.results(at(0), asked.pop("goal", "answered"), complete=True, conversations=1, **asked)


def row(*conversations: list[ReplyResult], variant: str = "base", **parts: Any) -> VariantResults:
    """The row of one variant."""
    return next(each for each in counted(*conversations, **parts).rows if each.variant == variant)


def test_replies_are_counted_and_customers_once() -> None:
    """Ten replies to one customer who always answers: ten answered replies, and one customer of one."""
    found = row([reply(f"{number}", minutes=number, answered=True) for number in range(10)], [reply(conversation="d")])
    assert (found.replies, found.sent, found.answered, found.customers) == (11, 11, 10, 2)
    assert (found.rates["answered"].hits, found.rates["answered"].of) == (1, 2)


def test_a_customer_counts_with_the_first_reply_that_went_out() -> None:
    """Whatever became of the ones before and behind it; failing counts of the very first."""
    found = row([
        reply("1", fate="failed", at=None, variant="base"),
        reply("2", minutes=1, answered=False, variant="base"),
        reply("3", minutes=2, answered=True, variant="base"),
    ])  # fmt: skip
    assert (found.failed, found.answered) == (1, 1)
    assert (found.rates["answered"].hits, found.rates["answered"].of) == (0, 1)
    assert (found.rates["failed"].hits, found.rates["failed"].of) == (1, 1)


def test_what_is_not_over_yet_is_too_early_to_say() -> None:
    """An hour after a reply nobody knows yet whether it is answered; a day later not whether it led to an order."""
    hour = row([reply()], now=at(60)).rates
    assert (hour["answered"].of, hour["answered"].early, hour["answered"].share) == (0, 1, None)
    day = row([reply()], now=at(DAY)).rates
    assert (day["answered"].of, day["ordered"].of, day["ordered"].early) == (1, 0, 1)
    assert row([reply()], now=at(7 * DAY)).rates["ordered"].of == 1


def test_an_order_counts_for_the_last_reply_before_it() -> None:
    """Once, over all conversations of the person, in whichever order they are read."""
    orders = {"s": {"1001": at(100)}, "s2": {"1001": at(100)}}
    one = [reply("1", minutes=10), reply("2", minutes=90, template="more"), reply("3", minutes=101)]
    other = [reply("4", minutes=95, conversation="d", sender="s2", template="elsewhere")]
    for conversations in ((one, other), (other, one)):
        found = {each.template: each.ordered for each in counted(*conversations, orders=orders).rows}
        assert found == {"hello": 0, "more": 0, "elsewhere": 1}
    assert {each.template: each.ordered for each in counted(one, orders=orders).rows} == {"hello": 0, "more": 1}


def test_an_order_of_somebody_else_or_too_late_counts_for_nobody() -> None:
    """Only what is attested to be of whoever was written to, within seven days, and not before the reply."""
    assert row([reply()], orders={"somebody": {"1001": at(1)}}).ordered == 0
    assert row([reply()], orders={"s": {"1001": at(7 * DAY)}}).ordered == 1
    assert row([reply()], orders={"s": {"1001": at(7 * DAY + 1), "1000": at(0)}}).ordered == 0
    assert row([reply(fate="failed", at=None)], orders={"s": {"1001": at(1)}}).ordered == 0


def test_two_orders_are_two_and_one_customer_who_ordered() -> None:
    """Orders are counted, and customers who ordered are, too."""
    found = row([reply()], orders={"s": {"1001": at(1), "1002": at(2)}})
    assert (found.ordered, found.rates["ordered"].hits, found.rates["ordered"].of) == (2, 1, 1)


def test_an_order_that_came_early_waits_for_the_others() -> None:
    """Who has ordered already counts with those who still may, a week after the reply: else all early ones had."""
    found = row([reply()], orders={"s": {"1001": at(1)}}, now=at(2))
    assert (found.ordered, found.rates["ordered"].hits, found.rates["ordered"].early) == (1, 0, 1)


def test_an_order_behind_a_reply_that_no_template_said_is_not_the_templates() -> None:
    """A bot's own words stood in between."""
    assert row([reply(), reply("2", minutes=1, template=None)], orders={"s": {"1001": at(2)}}).ordered == 0


def test_results_of_one_template_are_those_that_it_has_among_all() -> None:
    """An order is not given to it because the others are not looked at."""
    orders = {"s": {"1001": at(100)}}
    both = [reply("1", minutes=10), reply("2", minutes=90, template="more")]
    found = counted(both, orders=orders, only="hello")
    assert [(each.template, each.ordered) for each in found.rows] == [("hello", 0)]


def test_asking_twice_counts_nothing_twice() -> None:
    """Results can be had in between."""
    tally = Tally(NOW)
    tally.add([reply()], {"s": {"1001": at(1)}})
    first = tally.results(at(0), "ordered", complete=True, conversations=1)
    assert tally.results(at(0), "ordered", complete=True, conversations=1) == first
    assert first.rows[0].ordered == 1


def test_every_share_has_its_interval() -> None:
    """Of nobody anything is possible; of one in one it is far from sure."""
    rates = row([reply(answered=True)]).rates
    assert set(rates) == {"delivered", "read", "answered", "ordered", "failed", "fell_back"}
    assert rates["answered"] == Rate(hits=1, of=1, share=1.0, low=0.2065, high=1.0)


def _split(answering: Mapping[str, int], of: int) -> list[list[ReplyResult]]:
    """So many customers of each variant, of whom so many answer."""
    return [
        [reply(f"{variant}{number}", conversation=f"{variant}{number}", variant=variant, answered=number < hits)]
        for variant, hits in answering.items()
        for number in range(of)
    ]


def test_a_winner_is_named_where_the_numbers_carry_it() -> None:
    """And in words; for another goal there is none."""
    split = _split({"base": 60, "warm": 120}, 200)
    (found,) = counted(*split).comparisons
    assert (found.winner, found.says) == ("warm", "warm wins: more customers answer it")
    (other,) = counted(*split, goal="read").comparisons
    assert (other.winner, other.says) == (None, "not yet: no difference in sight")


def test_versions_have_rows_of_their_own_where_they_are_asked_for() -> None:
    """A customer who got both counts for the first; what was decided before versions were kept is told apart."""
    both = [reply("1", version=0, answered=True), reply("2", minutes=5, version=1)]
    old, new = [reply("3", conversation="o", version=None)], [reply("4", conversation="n", version=2)]
    found = counted(both, old, new, by="version")
    assert [(each.version, each.replies, each.customers) for each in found.rows] == [
        (None, 1, 1),
        (0, 1, 1),
        (1, 1, 0),
        (2, 1, 1),
    ]
    (one,) = counted(both, old, new).rows
    assert (one.version, one.replies, one.customers) == (None, 4, 3)


def test_variants_are_compared_within_one_version() -> None:
    """The same week and language, but another text: the customers of one version say nothing of the other's. All who
    got the first version answer, in both variants alike; of the second, `warm` is said far more often.
    """
    first = [
        [reply(f"{variant}{number}", conversation=f"{variant}{number}", variant=variant, version=1, answered=True)]
        for variant, most in (("base", 400), ("warm", 100))
        for number in range(most)
    ]
    second = [
        [reply(f"{variant}-{number}", conversation=f"{variant}-{number}", variant=variant, version=2)]
        for variant, most in (("base", 100), ("warm", 400))
        for number in range(most)
    ]
    (mixed,) = counted(*first, *second).comparisons
    (apart,) = counted(*first, *second, by="version").comparisons
    assert mixed.winner == "base"
    assert apart.winner is None
    few = [[reply(f"{each}*", conversation=f"{each}*", variant=each, version=2)] for each in ("base", "warm")]
    (found,) = counted(*_split({"base": 60, "warm": 120}, 200), *few, by="version").comparisons
    assert found.winner == "warm"


def test_before_the_numbers_carry_it_nobody_wins() -> None:
    """It says how many more customers are wanted."""
    (few,) = counted(*_split({"base": 0, "warm": 50}, 50)).comparisons
    assert (few.winner, few.says) == (None, "not yet: about 100 more customers")
    (near,) = counted(*_split({"base": 60, "warm": 75}, 200)).comparisons
    assert near.winner is None
    assert near.says.endswith("; warm is ahead so far, which may be chance")


def test_without_a_split_nothing_is_compared() -> None:
    """One variant, or none at all."""
    assert counted([reply()]).comparisons == ()
    assert counted([reply(variant=None)]).comparisons == ()
