"""Cells of files that people open in a spreadsheet: none of them is carried out there. Source: OWASP, CSV Injection."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets read these too
_QUOTE = "'"


def harmless(cell: str) -> str:
    """The cell, so that a spreadsheet shows it and does not carry it out."""
    return _QUOTE + cell if cell.startswith((*_FORMULA, _QUOTE)) else cell


def as_it_was(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith(_QUOTE) and cell[1:].startswith((*_FORMULA, _QUOTE)) else cell
