"""The story that everything is for: a message comes in, the sender is recognised, the reply knows their order."""

from tests.running import Running


async def test_whatsapp_sender_is_told_about_the_order_with_their_phone(shop: Running) -> None:
    """A WhatsApp sender whose phone stands on an order is told its number and state without saying who they are."""
    await shop.say("shopify", "order_created", phone="+34600111222", order_number=1001)
    await shop.quiet()

    await shop.say("whatsapp", sender="34600111222", text="Where is my order?")
    (reply,) = await shop.replies()

    assert "#1001" in reply.text
