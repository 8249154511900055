"""Flows, for those who build them.

- `page.py`: what the brand says now, each flow drawn, checked and tested; `trying.py`: talking to them;
- `customers.py`: as whom one talks, somebody made up or a real customer;
- `parts.py`: what editing is made of for one brand; `working.py`: a file over the set that customers get;
- `editor.py`, `saving.py`: the editor of a file; `checking.py`: what is to be mended; `words.py`: what it completes;
- `again.py`: what real customers would have got from a draft;
- `releasing.py`: what is typed becomes a release; `making.py`, `makings.py`: that work, beside all other;
- `releases.py`: which there are; `publishing.py`: which customers get.
"""
