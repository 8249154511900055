"""Who is writing: what counts as evidence, which identifiers belong together, and what that lets a sender see."""
