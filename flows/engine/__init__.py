"""The engine: from one event and its context to a decision. Pure: the same input gives the same decision."""

from flows.engine.language_guess import guess_locale
from flows.engine.loading import Flow, load_flow

__all__ = ["Flow", "guess_locale", "load_flow"]
