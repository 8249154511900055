"""The graph of a profile: its identifiers and what joins them."""
