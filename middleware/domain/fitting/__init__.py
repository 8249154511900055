"""Fitting: what a channel cannot show becomes the nearest thing that it can, with a note for each change. Pure.

What comes out is within the channel's limits and whole; fitted again it stays as it is. One reply becomes several only
where one message cannot carry it: a caption where none can stand, an introduction to cards, lines past the limit.
"""

from middleware.domain.fitting.fit import Fitted, fit

__all__ = ["Fitted", "fit"]
