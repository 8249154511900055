"""Flows: what the brand says now, each with its diagram, its text, its findings and its tests; and trying them."""
