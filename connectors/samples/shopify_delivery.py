"""One delivery of Shopify: a body with the headers that say what it is and whose."""

from collections.abc import Callable
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest

Body = Callable[[SampleRequest], dict[str, Any]]


def told(topic: str, body: Body) -> SampleBuilder:
    """A builder that adds the headers of one delivery."""

    def build(request: SampleRequest) -> Sample:
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": request.account_id,
            "x-shopify-webhook-id": request.message_id,
            "x-shopify-event-id": f"event-{request.message_id}",
            "x-shopify-triggered-at": request.at.isoformat(timespec="milliseconds"),
            "x-shopify-api-version": "2026-10",
        }
        return Sample(body(request), headers)

    return build
