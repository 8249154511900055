"""What a value is that cannot be read."""


class Unfit(ValueError):  # noqa: N818 - a verdict on the value
    """The value does not fit. The message says why, never what the value is."""
