"""Seeing a template before a customer does: made-up customers, and what a channel would get for each of them."""
