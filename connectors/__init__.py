"""The systems outside: channels, sources, engines and destinations, one module each."""
