"""Erasing one person: looked at first, then done by a job that goes on after a crash at any step.

`begin_erasure` writes down what is meant, once for each cause; `carry_on_erasure` does what is left, by whomever and
however often it is called. What stays is a receipt with counts, and keyed hashes (`pipeline/forgetting.py`).
"""

from middleware.pipeline.erasing.looking import Look, look_at_erasure
from middleware.pipeline.erasing.running import (
    EraseRefused,
    begin_erasure,
    carry_on_erasure,
    erase,
    erasure_of,
    job_of,
)

__all__ = [
    "EraseRefused",
    "Look",
    "begin_erasure",
    "carry_on_erasure",
    "erase",
    "erasure_of",
    "job_of",
    "look_at_erasure",
]
