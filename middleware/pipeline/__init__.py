"""The path of one message: one stage, one file. `path.py` has the order, and why each stage stands where it does."""
