"""Who might be one person: records compared field by field, weighed by what the data themselves teach. Pure."""
