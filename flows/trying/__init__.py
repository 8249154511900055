"""Trying flows without a server: made-up customers who write, wait and press, and tests that are files."""
