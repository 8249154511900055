"""What the bot says, for those who write it: a list, an editor with previews, versions, results and forecasts.

- `parts.py`: what it is made of for one brand;
- `listing.py`, `results.py`: the list, and how replies did;
- `working.py`: what a form that is sent makes of a template; `editor.py`: the editor's pages and what it asks for;
- `showing.py`: previews; `values.py`: what the editor completes; `customers.py`: for whom it is shown;
- `versions.py`: publishing, going back, what differs; `forecasts.py`: what it would have said lately.
"""
