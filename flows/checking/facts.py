"""What is known of conditions on the way to a step: which hold there for sure, and which cannot."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from jinja2 import nodes

from flows.language import compile_condition

_LINKS = "links"


@dataclass(frozen=True, slots=True)
class Facts:
    """Conditions that are known to hold or not to hold, by the form of their expression."""

    known: dict[str, tuple[nodes.Node, bool]] = field(default_factory=dict)

    def after(self, source: str, *, holds: bool) -> "Facts":
        """The same, and this condition holds, or does not."""
        known = dict(self.known)
        for leaf, value in _implied(_tree(source), holds=holds):
            known[repr(leaf)] = leaf, value
        return Facts(known)

    def without_links(self) -> "Facts":
        """The same after a personal link was taken: what was said of links is no longer known."""
        kept = {key: fact for key, fact in self.known.items() if not _reads_links(fact[0])}
        return Facts(kept)

    def answer(self, source: str) -> bool | None:
        """Whether a condition holds here for sure, or cannot; None where either may be."""
        return self._answer(_tree(source))

    def _answer(self, node: nodes.Node) -> bool | None:
        match node:
            case nodes.Not():
                inside = self._answer(node.node)
                return None if inside is None else not inside
            case nodes.And():
                both = self._answer(node.left), self._answer(node.right)
                return False if False in both else None if None in both else True
            case nodes.Or():
                both = self._answer(node.left), self._answer(node.right)
                return True if True in both else None if None in both else False
        if repr(node) in self.known:
            return self.known[repr(node)][1]
        return False if self._is_something_else(node) else None

    def _is_something_else(self, node: nodes.Node) -> bool:
        """Whether what is compared here is known to equal another constant."""
        asked = _equals(node)
        if asked is None:
            return False
        told = (_equals(leaf) for leaf, holds in self.known.values() if holds)
        return any(each is not None and each[0] == asked[0] and each[1] != asked[1] for each in told)


def _tree(source: str) -> nodes.Node:
    return compile_condition(source).tree


def _implied(node: nodes.Node, *, holds: bool) -> Iterator[tuple[nodes.Node, bool]]:
    """The parts that follow from a condition that holds, or does not."""
    match node:
        case nodes.Not():
            yield from _implied(node.node, holds=not holds)
        case nodes.And() if holds:
            yield from _implied(node.left, holds=True)
            yield from _implied(node.right, holds=True)
        case nodes.Or() if not holds:
            yield from _implied(node.left, holds=False)
            yield from _implied(node.right, holds=False)
    yield node, holds


def _equals(node: nodes.Node) -> tuple[str, object] | None:
    """What is compared with which constant, if that is all that a condition is."""
    if not isinstance(node, nodes.Compare) or len(node.ops) != 1 or node.ops[0].op != "eq":
        return None
    other = node.ops[0].expr
    return (repr(node.expr), other.value) if isinstance(other, nodes.Const) else None


def _reads_links(node: nodes.Node) -> bool:
    names = [node, *node.find_all(nodes.Name)]
    return any(isinstance(each, nodes.Name) and each.name == _LINKS for each in names)
