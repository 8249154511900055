"""The review queue: candidates one by one, and taking a merge back."""
