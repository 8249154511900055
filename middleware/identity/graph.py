"""The identifiers of one profile and what joins them, for people to look at. Pure."""

from collections import Counter
from datetime import datetime
from itertools import groupby

from middleware.domain.identifiers import Evidence, Identifier
from middleware.domain.profile import Profile
from middleware.domain.record import Record

MOST_NODES = 200
MOST_TIES = 600


class Node(Record):
    """One identifier: its kind, where it counts, and the end of its value. `home` is the profile that it came with."""

    kind: str
    scope: str
    end: str
    home: str
    suspended: str | None


class Tie(Record):
    """Two nodes that belong together, by their places in the graph, with the evidence and its rule."""

    one: int
    other: int
    evidence: Evidence
    rule: str
    at: datetime


class Graph(Record):
    """Nodes by the profile that they came with, the profile's own first; ties by time.

    `more` identifiers and `more_ties` ties are left out, and `outside` ties lead to identifiers of no node.
    """

    profile_id: str
    nodes: tuple[Node, ...]
    ties: tuple[Tie, ...]
    more: int
    more_ties: int
    outside: int

    @property
    def homes(self) -> tuple[str, ...]:
        """The profiles that the nodes came with, the profile's own first."""
        return tuple(home for home, _ in groupby(self.nodes, key=lambda node: node.home))


def graph_of(profile: Profile, most: int = MOST_NODES) -> Graph:
    """The graph of a profile. Where there are more identifiers than `most`, those stay that are tied to most others."""
    keys = {member.identifier for member in profile.members}
    told = [(member.identifier, edge) for member in profile.members for edge in member.edges]
    within = {(*sorted((key, edge.to)), edge.rule): (key, edge) for key, edge in told if edge.to in keys}
    degree = Counter(key for pair in within for key in pair[:2])
    kept = sorted(profile.members, key=lambda member: (-degree[member.identifier], member.identifier))[:most]
    kept.sort(key=lambda member: ((member.home or profile.id) != profile.id, member.home or "", member.identifier))
    places = {member.identifier: place for place, member in enumerate(kept)}
    ties = sorted(
        (
            Tie(one=places[key], other=places[edge.to], evidence=edge.evidence, rule=edge.rule, at=edge.at)
            for key, edge in within.values()
            if key in places and edge.to in places
        ),
        key=lambda tie: (tie.at, tie.one, tie.other, tie.rule),
    )
    return Graph(
        profile_id=profile.id,
        nodes=tuple(_node(member.identifier, member.home or profile.id, member.suspended) for member in kept),
        ties=tuple(ties[:MOST_TIES]),
        more=len(profile.members) - len(kept),
        more_ties=len(within) - len(ties[:MOST_TIES]),
        outside=sum(edge.to not in keys for _, edge in told),
    )


def _node(key: str, home: str, suspended: str | None) -> Node:
    kind, scope, value = Identifier.from_key(key)
    return Node(kind=kind.value, scope=scope, end=value[-2:], home=home, suspended=suspended)
