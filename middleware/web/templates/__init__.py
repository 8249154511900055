"""`/v1/templates/...`: templates for programs that show them to people: drafts, versions, checks, previews."""
