"""Releases of flows: the whole set that a brand's folder would hold, kept in the store.

- `parts.py`: reading what is kept, and the flows of a release with the templates of now;
- `importing.py`: a new release, which nobody gets yet;
- `drafting.py`: what somebody is writing in one file of it;
- `publishing.py`: which one customers get, and back again; `asking.py`: asking others to do it;
- `looking.py`: what people see of them.

What a process says of it, `templates/live.py` does: flows and templates are exchanged together.
"""
