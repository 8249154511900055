"""Rhythm: sources that are asked from time to time what changed, and as far back as wanted.

`holder.py` sees to it that of many processes one pulls an account, `run.py` is one run, `arrival.py` is how a page gets
into the inbox, `rhythm.py` is when.
"""
