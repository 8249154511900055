"""The audit log: what people did and looked at."""
