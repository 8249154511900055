"""What the pages of a brand's site talk to: the script itself, what it reports, and the conversation of its chat."""
