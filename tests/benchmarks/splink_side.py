"""Splink on the same records, learnt without labels, in the settings with which it did best of those tried."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

_SURE = 0.9
_LIKELY = 0.5
_DRAWN = 1e6
_BLOCKS = (
    "given_name", "surname", "postcode", "suburb", "date_of_birth", "soc_sec_id",
    "first_name", "last_name", "email", "phone", "street", "birth_date",
)  # fmt: skip
"""Each by itself: the most that it may compare, and what it scores best with."""
_TRAIN = (
    ("given_name", "surname"), ("postcode", "suburb"), ("date_of_birth", "state"),
    ("first_name", "last_name"), ("email",), ("phone",),
)  # fmt: skip
"""The first two that a set has say how many of its pairs are one person's; with each of them the weights are learnt."""

Pairs = set[tuple[str, str]]


def splink_pairs(frames: Sequence[Any], fields: Iterable[str]) -> tuple[Pairs, Pairs]:
    """Pairs likely from .5, and pairs within clusters from .9. Two frames are linked, one is deduplicated."""
    from splink import Linker, SettingsCreator, block_on  # noqa: PLC0415 - an extra of the benchmark

    names = list(fields)
    rules = [block_on(name) for name in names if name in _BLOCKS]
    settings = SettingsCreator(
        link_type="link_only" if len(frames) > 1 else "dedupe_only",
        comparisons=[_comparison(name) for name in names],
        blocking_rules_to_generate_predictions=rules,
        unique_id_column_name="unique_id",
        retain_intermediate_calculation_columns=False,
    )
    api = _api()
    tables = [api.register(frame) for frame in frames]
    linker = Linker(tables if len(tables) > 1 else tables[0], settings, log_level=40)
    train = [rule for rule in _TRAIN if set(rule) <= set(names)]
    sure = [block_on(*rule) for rule in train[:2]]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=_DRAWN, seed=1)
    for rule in train:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    likely = _predicted(predicted.as_pandas_dataframe(), _LIKELY)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, _SURE).as_pandas_dataframe()
    return likely, _within(clusters)


def _api() -> Any:
    from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415 - an extra of the benchmark

    return DuckDBAPI()


def _comparison(name: str) -> Any:
    import splink.comparison_library as cl  # noqa: PLC0415 - an extra of the benchmark

    if name in {"given_name", "surname", "first_name", "last_name"}:
        return cl.NameComparison(name)
    if name == "state":
        return cl.ExactMatch(name)
    if name in {"suburb", "address_1", "address_2", "street", "city"}:
        return cl.JaroWinklerAtThresholds(name, [0.9, 0.7]).configure(term_frequency_adjustments=True)
    return cl.DamerauLevenshteinAtThresholds(name, [1, 2])


def _predicted(table: Any, least: float) -> Pairs:
    kept = table[table.match_probability >= least]
    return {(min(pair), max(pair)) for pair in zip(kept.unique_id_l, kept.unique_id_r, strict=True)}


def _within(table: Any) -> Pairs:
    groups = table.groupby("cluster_id").unique_id.apply(sorted)
    return {pair for group in groups for pair in combinations(group, 2)}
