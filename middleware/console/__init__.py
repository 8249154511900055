"""The console: pages for people, rendered on the server. What a browser loads stands in `static/`."""
