"""The check of flows: what loading refuses, and what a builder will not have meant."""
