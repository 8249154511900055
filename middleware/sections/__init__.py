"""The tables of the settings: their keys, what each value may be, and what to write instead."""
