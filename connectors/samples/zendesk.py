"""Samples of Zendesk's events."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.samples.request import Sample, SampleBuilder, SampleRequest

_AGE = timedelta(hours=2)
"""How old a ticket is that has changed since."""


def _headers(request: SampleRequest) -> dict[str, str]:
    return {
        "x-zendesk-account-id": request.account_id,
        "x-zendesk-webhook-id": "01GK8E6BKWMJZD2T8Y5AXJQMG5",
        "x-zendesk-webhook-invocation-id": request.message_id,
        "x-zendesk-webhook-signature-timestamp": _time(request),
    }


def _time(request: SampleRequest, age: timedelta = timedelta(0)) -> str:
    return (request.at - age).isoformat(timespec="seconds").replace("+00:00", "Z")


def _event(request: SampleRequest, kind: str, detail: Mapping[str, Any], news: Mapping[str, Any]) -> Sample:
    body = {
        "type": f"zen:event-type:{kind}",
        "account_id": int(request.account_id),
        "id": request.message_id,
        "time": _time(request),
        "zendesk_event_version": "2022-06-20",
        "subject": f"zen:{kind.partition('.')[0]}:{detail['id']}",
        "detail": dict(detail),
        "event": dict(news),
    }
    return Sample(body, _headers(request))


def _ticket(request: SampleRequest, status: str) -> dict[str, Any]:
    return {
        "id": "35436",
        "created_at": _time(request, _AGE),
        "updated_at": _time(request),
        "type": "question",
        "priority": "NORMAL",
        "status": status,
        "subject": request.text,
        "requester_id": request.sender,
        "submitter_id": request.sender,
        "organization_id": "0",
        "tags": ["parcel"],
        "via": {"channel": "web_service"},
    }


def _ticket_created(request: SampleRequest) -> Sample:
    return _event(request, "ticket.created", _ticket(request, "NEW"), {"meta": {"sequence": {"position": 1}}})


def _ticket_solved(request: SampleRequest) -> Sample:
    news = {"current": "SOLVED", "previous": "OPEN"}
    return _event(request, "ticket.status_changed", _ticket(request, "SOLVED"), news)


def _user(request: SampleRequest) -> dict[str, Any]:
    return {
        "id": request.sender,
        "email": request.email,
        "external_id": "",
        "default_group_id": "0",
        "organization_id": "0",
        "role": "end-user",
        "created_at": _time(request, _AGE),
        "updated_at": _time(request),
    }


def _user_created(request: SampleRequest) -> Sample:
    return _event(request, "user.created", _user(request), {})


def _user_named(request: SampleRequest) -> Sample:
    return _event(request, "user.name_changed", _user(request), {"current": request.name, "previous": "Ana"})


def _user_deleted(request: SampleRequest) -> Sample:
    return _event(request, "user.active_changed", _user(request), {"current": False, "previous": True})


SAMPLES: Mapping[str, SampleBuilder] = {
    "ticket_created": _ticket_created,
    "ticket_solved": _ticket_solved,
    "help_desk_user_created": _user_created,
    "help_desk_user_named": _user_named,
    "help_desk_user_deleted": _user_deleted,
}
