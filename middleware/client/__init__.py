"""For other people's bots: asking Throughline who is writing, over HTTP or in the same process.

`Throughline` asks over HTTP, `InProcess` asks the installation in this process, and `throughline_context` puts what
either of them says into the requests of an aiohttp bot.
"""

from middleware.client.asking import Asks, InProcess
from middleware.client.errors import (
    AnswerUnreadable,
    AskFailed,
    KeyRefused,
    NoSuchAccount,
    NotAllowed,
    QuestionRefused,
    Unreachable,
)
from middleware.client.http import Throughline
from middleware.client.senders import Sender, sender_of_meta
from middleware.client.web import CONTEXT, throughline_context

__all__ = [
    "CONTEXT",
    "AnswerUnreadable",
    "AskFailed",
    "Asks",
    "InProcess",
    "KeyRefused",
    "NoSuchAccount",
    "NotAllowed",
    "QuestionRefused",
    "Sender",
    "Throughline",
    "Unreachable",
    "sender_of_meta",
    "throughline_context",
]
