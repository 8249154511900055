"""What a sample is asked for with, and what it is."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SampleItem:
    """One line of an order or cart. `price` is a decimal string."""

    title: str = "Stoneware mug"
    variant: str = "Blue"
    sku: str = "MUG-BLUE"
    variant_id: int = 44_100_200_300
    quantity: int = 1
    price: str = "24.90"
    product_id: int | None = None
    """The product that it is a variant of; none: each line of a sample is of one of its own."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """Who does what when: the parts of a sample that a caller may want to choose.

    `account_id` is what the platform calls the account in webhooks (page, Instagram account, phone number id,
    shop domain); `sender` the customer's id there (PSID, IGSID; on WhatsApp a business-scoped user id or a
    phone number in digits; unused by shops). `at` is aware. `message_id` names the message, and on a shop's
    delivery the webhook.
    """

    account_id: str
    sender: str
    at: datetime
    text: str = "Hello"
    message_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    other_message_id: str = "m_earlier"
    """The message that is answered, reacted to, read, edited or reported on."""
    name: str = "Ana Ruiz"
    payload: str = "ORDER_STATUS"
    url: str = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17912345678901234"
    """Where the file lies that comes with the message."""
    media_id: str = "1908647269898587"
    media_type: str = "image/jpeg"
    file_kind: str = "image"
    """What Messenger and Instagram call the file: image, audio, video, file, sticker."""
    file_name: str = "invoice.pdf"
    ref: str = "spring_25"
    ad_id: str = "23851234567890123"
    ad_headline: str = "Mugs that last"
    click_id: str = "ARAkLkA8rmlFeiCktEJQ"
    metadata: str | None = None
    """Our own key, as it comes back in an echo or a status."""
    app_id: int | None = None
    """The app that sent what an echo shows."""
    waba_id: str = "102290129340398"
    display_phone: str = "15550783881"
    phone: str | None = None
    """E.164: on WhatsApp beside a business-scoped id, on an order its phone."""
    new_sender: str = "US.13491208655302741919"
    """The business-scoped user id that replaces `sender`."""
    status: str = "delivered"
    order_id: int = 5_678_901_234_567
    order_number: int = 1001
    customer_id: int | None = 7_001_002_003_004
    """None: nobody has typed who they are yet."""
    email: str | None = "ana@example.com"
    currency: str = "EUR"
    country: str = "ES"
    items: tuple[SampleItem, ...] = (SampleItem(),)
    checkout_token: str = "8a1f0c3e5b7d49e2a6c4f1b2d3e4f5a6"  # noqa: S105 - what a shop calls a checkout
    cart_token: str | None = None
    """None: a cart of its own for each checkout."""
    product_id: int = 8_200_100_200_300
    handle: str = "stoneware-mug"
    description: str = "<p>Thrown by hand in Segovia.</p><p>Dishwasher safe.</p>"
    tracking_number: str = "PQ7XY80012345670128013A"
    refunded: str = "24.90"
    """What a refund gives back, as a decimal string."""
    consent: str = "subscribed"
    """What the shop says of the customer's consent to marketing."""
    merged_into: int = 7_001_002_003_999
    link_id: str | None = None
    """A personal link's id, as it comes back in the attributes of an order or checkout."""

    @property
    def milliseconds(self) -> int:
        """The time in whole milliseconds since 1970."""
        return (self.at - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One webhook: its JSON body, and the headers (lower case) that come with it beside the signature."""

    body: Any
    headers: dict[str, str] = field(default_factory=dict)


SampleBuilder = Callable[[SampleRequest], Sample]
"""A sample for a request: the same request, the same sample."""
