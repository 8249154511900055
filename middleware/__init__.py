"""The core of Throughline: everything between a webhook and a reply."""

__version__ = "0.1.0"
