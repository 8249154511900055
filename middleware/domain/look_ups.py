"""Look-ups: what flows know of another system that is asked while they decide."""

from typing import Annotated

from pydantic import StringConstraints

LookUpName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60, strict=True)]
"""A look-up, or a field of one, as the settings and flows call it."""

FRESH = "fresh"
"""The value beside the fields of a look-up that says whether they are up to date: no field is called this."""
