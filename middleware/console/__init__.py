"""The console: pages for agents, marketers, builders and admins, rendered here. What a browser loads stands in `static/`."""
