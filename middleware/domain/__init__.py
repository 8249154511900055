"""What the whole of Throughline talks about: pure values and functions, no I/O and no clock."""
