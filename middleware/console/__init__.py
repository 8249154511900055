"""The console: pages for people, rendered here. What a browser loads stands in `static/`."""
