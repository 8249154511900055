"""What flows and engines may say of a customer: which fields of the profile, how many at once, and how long."""

import re

SETTABLE = ("company", "job_title", "language", "lead_status", "lifecycle_stage")
"""Profile fields that a flow or an engine can say something of: none by which anybody is recognised or reached."""
CUSTOM_FIELD = r"custom\.[a-z][a-z0-9_]{0,59}"
"""The names of a brand's own fields, as a pattern."""
LONGEST_NOTE = 80
"""Characters of a tag, or of what a field is set to."""
MOST_NOTES = 10
"""Tags, or fields, that are noted at once."""

_CUSTOM = re.compile(CUSTOM_FIELD)


def is_settable(field: str) -> bool:
    """Whether a flow or an engine can say something of this field."""
    return field in SETTABLE or _CUSTOM.fullmatch(field) is not None
