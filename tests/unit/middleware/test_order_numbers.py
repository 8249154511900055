"""Numbers of orders as people write them."""

import pytest

from middleware.domain.order_numbers import OrderNumber, folded_number


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("#1001", "1001"), (" # 1001 ", "1001"), ("1001", "1001"), ("SE-2026-A", "se-2026-a"), ("#", ""), ("", ""),
        ("a|b", "ab"), ("\u0000", ""), ("9" * 41, ""), ("#1001.1", "1001.1"),
    ],
)  # fmt: skip
def test_one_number_however_it_is_written(written: str, folded: str) -> None:
    """Without `#`, spaces and what separates parts of an id; empty for what nobody could ask for."""
    assert folded_number(written) == folded


def test_two_shops_can_have_one_number() -> None:
    """Each order has a document of its own, whose id begins with the number."""
    one, other = (OrderNumber.of("#1001", f"shop_order|{shop}|1") for shop in ("a", "b"))
    assert one is not None
    assert other is not None
    assert one.id != other.id
    assert one.id.startswith("1001|")
    assert OrderNumber.of("#", "shop_order|a|1") is None
