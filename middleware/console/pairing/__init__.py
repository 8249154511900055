"""Pairing: which conversations are one's own, so that templates can be tried out there, by marketers."""
