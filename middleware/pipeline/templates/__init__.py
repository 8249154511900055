"""Templates that people edit: drafts, versions, and how processes come to know of a new one.

- `editing.py`: drafts;
- `publishing.py`: a new version, in which order that is written, and what follows from it;
- `edition.py`: the pages and the edition, by which processes see that something changed;
- `live.py`: what one process says now;
- `looking.py`: lists, versions and differences for people;
- `files.py`: many at once, from and to files.
"""
