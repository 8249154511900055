"""Mappings: files that say which part of a source's body becomes which field, and how they are applied."""

from connectors.mapping.applying import Mapped, holds, mapped, read_time
from connectors.mapping.loading import load_mapping, read_mapping, shipped_mapping
from connectors.mapping.ownership import load_ownership, read_ownership
from connectors.mapping.paths import MISSING, PathError, first_of, parse_path, read_path

__all__ = [
    "MISSING",
    "Mapped",
    "PathError",
    "first_of",
    "holds",
    "load_mapping",
    "load_ownership",
    "mapped",
    "parse_path",
    "read_mapping",
    "read_ownership",
    "read_path",
    "read_time",
    "shipped_mapping",
]
