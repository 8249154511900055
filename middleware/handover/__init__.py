"""What is handed over to a bot: the one way out of a context, whoever asks. Pure; knows the domain and nothing else."""

from middleware.handover.asking import offers_of, turn_request
from middleware.handover.explaining import Explanation, explained
from middleware.handover.payload import hand_over
from middleware.handover.prompt import LEAST, MOST, prompt_of
from middleware.handover.schemas import CONTEXT, SCHEMAS, TURN, schema_of
from middleware.handover.selecting import UnknownFieldError, blocks_of, selected, selection

__all__ = [
    "CONTEXT",
    "LEAST",
    "MOST",
    "SCHEMAS",
    "TURN",
    "Explanation",
    "UnknownFieldError",
    "blocks_of",
    "explained",
    "hand_over",
    "offers_of",
    "prompt_of",
    "schema_of",
    "selected",
    "selection",
    "turn_request",
]
