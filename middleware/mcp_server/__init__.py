"""Throughline for agents that speak MCP: contexts, identities, flows and templates, to be read only.

`tools.py` is what can be asked, and knows nothing of MCP; `server.py` is the one module that imports the SDK, and with
it takes half a second to import: the command does it, and nobody else.
"""
