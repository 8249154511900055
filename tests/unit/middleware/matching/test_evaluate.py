"""A crowd of made-up customers in nine languages, learnt and measured as a whole."""

import pytest

from middleware.identity.matching.blocking import keys_of
from middleware.identity.matching.evaluate import matched, measured, quality, true_pairs
from middleware.identity.matching.records import normalised
from tests.unit.middleware.matching.customers import Customers

MOST_KEYS = 30


@pytest.mark.parametrize(("seed", "crowded", "least"), [(3, False, 0.92), (4, True, 0.88), (5, False, 0.9)])
def test_customers_of_several_tools_are_matched_without_labels(seed: int, crowded: bool, least: float) -> None:  # noqa: FBT001 - a parameter of the test
    """Families share nearly all, forms know two fields: most pairs are found, and all that would merge are right."""
    customers = Customers(300, seed, crowded=crowded)
    found = measured(matched(customers.records), customers.truth)
    assert found["clusters"].f1 > least
    assert found["clusters"].precision > 0.95
    assert found["auto"].precision >= 0.999
    assert found["auto"].pairs > 20


def test_a_record_has_few_blocking_keys() -> None:
    """A new record finds its likely pairs by a few look-ups."""
    records = Customers(200, seed=4).records
    assert max(len(keys_of(normalised(each))) for each in records) <= MOST_KEYS


def test_measures() -> None:
    """Precision, recall and F1 are those of the text books."""
    true = true_pairs(["a", "a", "a", "b", "", ""])
    found = quality([(0, 1), (0, 3)], true)
    assert true == {(0, 1), (0, 2), (1, 2)}
    assert (found.precision, found.recall, found.pairs) == (1 / 2, 1 / 3, 2)
    assert abs(found.f1 - 0.4) < 1e-9
