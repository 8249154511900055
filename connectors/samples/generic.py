"""A webhook as an own shop or a tool such as Zapier may send it. The names in it are what docs/mapping.md maps."""

from collections.abc import Mapping

from connectors.samples.request import Sample, SampleBuilder, SampleRequest


def _record(asked: SampleRequest) -> Sample:
    first, _, last = asked.name.partition(" ")
    body = {
        "type": "contact",
        "id": str(asked.customer_id),
        "updated_at": asked.at.isoformat(),
        "person": {"first": first, "last": last, "email": asked.email, "mobile": asked.phone},
        "address": {"country": asked.country},
        "answers": [{"question": "shoe size", "value": "38"}],
        "newsletter": "yes" if asked.consent == "subscribed" else "no",
    }
    return Sample(body, {"webhook-id": asked.message_id})


SAMPLES: Mapping[str, SampleBuilder] = {"record": _record}
