"""Mapping: which source may write which field of a profile, and where each has it."""
