"""For other people's bots."""
