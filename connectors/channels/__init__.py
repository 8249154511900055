"""Channels: systems that carry conversation."""
