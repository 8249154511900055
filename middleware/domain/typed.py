"""What customers type about themselves: how an address, a number or an order is recognised, and how it is masked."""

import re

READ_AT_MOST = 2_000
"""Characters of a message that are looked at."""

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
PHONE = re.compile(r"(?<![\w#])\+?\d[\d ()/-]{6,18}\d(?!\w)")
ORDER = re.compile(r"#\d{3,12}\b|(?<![\w+])\d{4,6}(?!\w)")

_LONGEST_END = 6


def masked(value: str) -> str:
    """The first character of an address and what ends its domain, the last two of anything else."""
    local, at_sign, domain = value.partition("@")
    if not at_sign:
        return f"…{value[-2:]}"
    end = domain.rpartition(".")[2]
    return f"{local[:1]}…@…" + (f".{end}" if end.isalpha() and len(end) <= _LONGEST_END else "")
