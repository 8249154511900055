"""The commands. Data goes to standard output, everything else to standard error."""
