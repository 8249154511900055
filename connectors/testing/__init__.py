"""A stand-in for Meta's Graph API to send to and to ask: for tests, for the demo, and as a process of its own."""

from connectors.testing.asked import File, Lead, Profile, Shelf
from connectors.testing.behaviour import (
    Behaviour,
    Cut,
    Rule,
    accept_then_reset,
    api_error,
    garbage,
    http_error,
    reset_before_accept,
    server_error,
    slow,
    slow_answer,
    throttle,
    too_many_requests,
)
from connectors.testing.callbacks import Callback, CalledBack
from connectors.testing.checks import ApprovedTemplate
from connectors.testing.graph_api import Answer, ApiError, GraphRequest, SentMessage
from connectors.testing.limits import PUBLISHED, Limits, Published
from connectors.testing.stand_in import GraphStandIn
from connectors.testing.uploads import UploadedFile

__all__ = [
    "PUBLISHED",
    "Answer",
    "ApiError",
    "ApprovedTemplate",
    "Behaviour",
    "Callback",
    "CalledBack",
    "Cut",
    "File",
    "GraphRequest",
    "GraphStandIn",
    "Lead",
    "Limits",
    "Profile",
    "Published",
    "Rule",
    "SentMessage",
    "Shelf",
    "UploadedFile",
    "accept_then_reset",
    "api_error",
    "garbage",
    "http_error",
    "reset_before_accept",
    "server_error",
    "slow",
    "slow_answer",
    "throttle",
    "too_many_requests",
]
