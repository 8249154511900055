"""Traces: one turn step by step, and the same turn decided again with the flows of today."""
