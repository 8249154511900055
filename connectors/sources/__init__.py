"""Sources: systems that tell us facts."""
