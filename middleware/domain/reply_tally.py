"""Counts what became of replies by template, locale and variant, and by version if that is asked for. Pure.

Counts are of replies. Shares are of customers: one who gets a reply ten times and always answers is one who answers,
not ten. A customer counts once for a template, with the first reply of it that went out in the time looked at, and only
once it is certain how that one did: a day later, or a week later for orders.
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from middleware.domain.proportions import Comparison, Share, compared
from middleware.domain.reply_results import ORDERED_WITHIN, ReplyResult
from middleware.domain.template_results import (
    GOALS,
    By,
    Goal,
    TemplateResults,
    VariantComparison,
    VariantResults,
    rate_of,
)


class _Row(NamedTuple):
    """What results are counted by."""

    template: str
    locale: str
    version: int | None
    variant: str | None


class _First(NamedTuple):
    """The reply by which a customer counts for a template: its row, when it went out, and the week of that."""

    row: _Row
    at: datetime
    week: str


@dataclass(slots=True)
class _Counted:
    """What is known of one row. Shares are kept week by week, since only the same week is compared."""

    replies: Counter[str] = field(default_factory=Counter)
    customers: int = 0
    fell_back: int = 0
    failed: int = 0
    early: Counter[str] = field(default_factory=Counter)
    shares: dict[str, dict[str, Share]] = field(default_factory=lambda: defaultdict(dict))
    """Goal -> week -> customers."""

    def count(self, goal: str, week: str, share: Share) -> None:
        of_goal = self.shares[goal]
        of_goal[week] = of_goal.get(week, Share()) + share


class _Credit(NamedTuple):
    """An order as one conversation has led to it: the last reply before it there, and how its customer counts."""

    at: datetime
    reply: str
    row: _Row | None
    conversation: str
    first: _First | None


class Tally:
    """Counts conversation by conversation, in any order and each of them once; what it holds does not grow with them
    but with the orders that replies led to.
    """

    def __init__(self, now: datetime, by: By = "variant") -> None:
        self._now = now
        self._by = by
        self._rows: dict[_Row, _Counted] = defaultdict(_Counted)
        self._orders: dict[str, _Credit] = {}

    def add(self, replies: Sequence[ReplyResult], orders: Mapping[str, Mapping[str, datetime]]) -> None:
        """Count all replies of one conversation. `orders`: sender -> id of an order that is attested to be theirs ->
        when it was placed.
        """
        firsts: dict[str, _First] = {}
        by_template: dict[str, list[ReplyResult]] = defaultdict(list)
        for reply in replies:
            if reply.template is not None:
                self._count(reply)
                by_template[reply.template].append(reply)
        for template, some in by_template.items():
            first = self._count_customer(some)
            if first is not None:
                firsts[template] = first
        self._credit(replies, orders, firsts)

    def _count(self, reply: ReplyResult) -> None:
        happened = [name for name in ("fell_back", "delivered", "read", "answered") if getattr(reply, name)]
        self._rows[self._row(reply)].replies.update(["replies", reply.fate, *happened])

    def _count_customer(self, replies: Iterable[ReplyResult]) -> _First | None:
        """Count a customer once for a template; the reply by which they count, if one went out."""
        in_order = sorted(replies, key=lambda reply: (reply.decided_at, reply.id))
        counted = self._rows[self._row(in_order[0])]
        counted.customers += 1
        counted.fell_back += in_order[0].fell_back
        counted.failed += in_order[0].fate == "failed"
        sent = [(reply.at, reply) for reply in in_order if reply.at is not None]
        if not sent:
            return None
        at, reply = sent[0]
        first = _First(self._row(reply), at, _week(at))
        for goal in GOALS:
            if self._is_early(goal, at):
                self._rows[first.row].early[goal] += 1
            elif goal == "ordered":
                self._rows[first.row].count(goal, first.week, Share(0, 1))
            else:
                self._rows[first.row].count(goal, first.week, Share(int(getattr(reply, goal)), 1))
        return first

    def _is_early(self, goal: Goal, at: datetime) -> bool:
        return self._now - at < GOALS[goal]

    def _credit(
        self,
        replies: Sequence[ReplyResult],
        orders: Mapping[str, Mapping[str, datetime]],
        firsts: Mapping[str, _First],
    ) -> None:
        """Give each order to the last reply before it, over all conversations of the person who placed it."""
        for reply in replies:
            first = firsts.get(reply.template or "")
            for order, placed_at in orders.get(reply.sender, {}).items():
                if reply.at is None or not reply.at < placed_at <= reply.at + ORDERED_WITHIN:
                    continue
                in_time = first is not None and first.at < placed_at <= first.at + ORDERED_WITHIN
                counts = first is not None and in_time and not self._is_early("ordered", first.at)
                row = self._row(reply) if reply.template is not None else None
                credit = _Credit(reply.at, reply.id, row, reply.conversation, first if counts else None)
                known = self._orders.get(order)
                if known is None or known[:2] < credit[:2]:
                    self._orders[order] = credit

    def results(
        self, since: datetime, goal: Goal, *, complete: bool, conversations: int, only: str | None = None
    ) -> TemplateResults:
        """What was counted, of all templates or of one."""
        rows = self._with_orders()
        wanted = {row: rows[row] for row in sorted(rows, key=_in_order) if only in {None, row.template}}
        return TemplateResults(
            since=since,
            at=self._now,
            complete=complete,
            conversations=conversations,
            goal=goal,
            rows=tuple(_results(row, counted) for row, counted in wanted.items()),
            comparisons=tuple(_comparisons(wanted, goal)),
        )

    def _row(self, reply: ReplyResult) -> _Row:
        version = reply.version if self._by == "version" else None
        return _Row(reply.template or "", reply.locale, version, reply.variant)

    def _with_orders(self) -> dict[_Row, _Counted]:
        """The rows with the orders that were given to them. A customer who ordered twice has ordered."""
        rows = copy.deepcopy(self._rows)
        for credit in self._orders.values():
            if credit.row is not None:
                rows[credit.row].replies["ordered"] += 1
        customers = {(each.conversation, each.first) for each in self._orders.values() if each.first is not None}
        for _, first in customers:
            rows[first.row].count("ordered", first.week, Share(1, 0))
        return rows


def _in_order(row: _Row) -> tuple[str, str, int, str]:
    return row.template, row.locale, -1 if row.version is None else row.version, row.variant or ""


def _week(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"{year}-{week}"


def _results(row: _Row, counted: _Counted) -> VariantResults:
    counts = counted.replies
    names = ("replies", "sent", *GOALS, "failed", "held_back", "unknown", "waiting", "fell_back")
    shares = {goal: sum(counted.shares[goal].values(), Share()) for goal in GOALS}
    rates = {str(goal): rate_of(share.hits, share.of, counted.early[goal]) for goal, share in shares.items()}
    rates["failed"] = rate_of(counted.failed, counted.customers)
    rates["fell_back"] = rate_of(counted.fell_back, counted.customers)
    return VariantResults(
        **row._asdict(), **{name: counts[name] for name in names}, customers=counted.customers, rates=rates
    )


def _comparisons(rows: Mapping[_Row, _Counted], goal: Goal) -> Iterable[VariantComparison]:
    """One comparison for each template that has a split, week by week, language by language, and of one version each
    where they are known apart.
    """
    strata: dict[str, dict[tuple[str, int | None, str], dict[str, Share]]] = {}
    variants: dict[str, set[str]] = defaultdict(set)
    for row, counted in rows.items():
        if row.variant is None:
            continue
        variants[row.template].add(row.variant)
        of_template = strata.setdefault(row.template, {})
        for week, share in counted.shares[goal].items():
            of_template.setdefault((row.locale, row.version, week), {})[row.variant] = share
    for template, names in variants.items():
        if len(names) > 1:
            yield _comparison(template, goal, tuple(sorted(names)), compared(list(strata[template].values())))


def _comparison(template: str, goal: Goal, variants: tuple[str, ...], found: Comparison) -> VariantComparison:
    return VariantComparison(
        template=template,
        goal=goal,
        variants=variants,
        winner=found.winner,
        leader=found.leader,
        more=found.more,
        says=_says(goal, found),
    )


_WORDS: dict[Goal, str] = {
    "delivered": "its replies arrive more often",
    "read": "it is read more often",
    "answered": "more customers answer it",
    "ordered": "more customers order after it",
}


def _says(goal: Goal, found: Comparison) -> str:
    if found.winner is not None:
        return f"{found.winner} wins: {_WORDS[goal]}"
    more = f"about {_roughly(found.more):,} more customers" if found.more is not None else ""
    if found.leader is None:
        return f"not yet: {more}" if more else "not yet: no difference in sight"
    ahead = f"{found.leader} is ahead so far, which may be chance"
    return f"not yet: {more}; {ahead}" if more else f"not yet: no difference in sight; {ahead}"


def _roughly(number: int) -> int:
    """The number with two figures, the rest of it noughts, rounded up: more would be made up."""
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return -(-number // unit) * unit
