"""The store: the only package that imports the driver (docs/decisions/0001)."""
