"""Samples of HubSpot's notices. A delivery is a list, even of one."""

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest


def _notice(request: SampleRequest, what: str, **more: object) -> Sample:
    notice: dict[str, Any] = {
        "eventId": zlib.crc32(request.message_id.encode()),
        "subscriptionId": 1201,
        "portalId": int(request.account_id),
        "appId": 54321,
        "occurredAt": request.milliseconds,
        "subscriptionType": f"contact.{what}",
        "attemptNumber": 0,
        "objectId": int(request.sender),
        "changeSource": "CRM_UI",
        **more,
    }
    return Sample([notice])


def _changed(request: SampleRequest, name: str, value: str | None = None) -> Sample:
    said = value if value is not None else request.email or ""
    return _notice(request, "propertyChange", propertyName=name, propertyValue=said)


def _created(request: SampleRequest) -> Sample:
    return _notice(request, "creation", changeFlag="NEW")


def _deleted(request: SampleRequest) -> Sample:
    return _notice(request, "deletion", changeFlag="DELETED")


def _erased(request: SampleRequest) -> Sample:
    return _notice(request, "privacyDeletion", changeFlag="DELETED")


def _merged(request: SampleRequest) -> Sample:
    kept = request.merged_into
    return _notice(request, "merge", primaryObjectId=kept, mergedObjectIds=[int(request.sender)], objectId=kept)


SAMPLES: Mapping[str, SampleBuilder] = {
    "contact_created": _created,
    "contact_changed": partial(_changed, name="email"),
    "contact_promoted": partial(_changed, name="lifecyclestage", value="customer"),
    "contact_opted_out": partial(_changed, name="hs_email_optout", value="true"),
    "contact_deleted": _deleted,
    "contact_erased": _erased,
    "contacts_merged": _merged,
}
