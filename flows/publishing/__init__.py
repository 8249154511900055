"""Templates that were published over those of the files: checked against the flows, compiled when they are needed."""

from flows.publishing.desk import Desk

__all__ = ["Desk"]
