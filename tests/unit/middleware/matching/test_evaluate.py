"""A crowd of made-up customers in nine languages, learnt and measured as a whole."""

from middleware.identity.matching.blocking import keys_of
from middleware.identity.matching.evaluate import matched, measured, quality, true_pairs
from middleware.identity.matching.records import normalised
from tests.unit.middleware.matching.customers import Customers

MOST_KEYS = 30


def test_customers_of_several_tools_are_matched_without_labels() -> None:
    """Though families share nearly all and forms know two fields, most pairs are right, and those by itself all are."""
    customers = Customers(500, seed=3)
    found = measured(matched(customers.records), customers.truth)
    assert found["pairs"].f1 > 0.8
    assert found["clusters"].f1 > 0.8
    assert found["clusters"].precision > 0.88
    assert found["auto"].precision > 0.99
    assert found["auto"].pairs > 50


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
