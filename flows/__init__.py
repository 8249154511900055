"""What the bot says: pure, knows the domain and nothing else."""
