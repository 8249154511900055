"""Which events are worked on strictly one after the other."""

from tests.deliveries import signed_sample


def test_what_was_begun_from_one_cart_shares_its_lane() -> None:
    """Two checkouts and the cart itself have one lane; a checkout of another cart has its own."""
    cart = signed_sample("shopify", "cart_updated", sender="", cart_token="c1").event
    one = signed_sample("shopify", "checkout_updated", sender="", checkout_token="a" * 32, cart_token="c1").event
    two = signed_sample("shopify", "checkout_updated", sender="", checkout_token="b" * 32, cart_token="c1").event
    other = signed_sample("shopify", "checkout_updated", sender="", checkout_token="d" * 32, cart_token="c2").event
    assert cart.lane == one.lane == two.lane
    assert other.lane != one.lane
