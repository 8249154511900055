"""The settings as the parts that they name. For `bootstrap`, and for commands that need no running installation."""

from middleware.from_settings.parts import (
    accounts_of,
    codes_of,
    desk_of,
    erasing_key_of,
    flows_of,
    mapping_of,
    ownership_of,
    pacing_of,
    review_rules,
    rules_of,
)

__all__ = [
    "accounts_of",
    "codes_of",
    "desk_of",
    "erasing_key_of",
    "flows_of",
    "mapping_of",
    "ownership_of",
    "pacing_of",
    "review_rules",
    "rules_of",
]
