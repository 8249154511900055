"""Recommending products: what was bought together, what fits, and the block of the context that tells it."""
