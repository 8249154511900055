"""The shapes in which bot engines ask for values of a context: one module each, joined in `shapes.py`."""
