"""The garbage collector of a long-running process."""

import gc

_YOUNG, _MIDDLE, _OLD = 10_000, 20, 50


def settle() -> None:
    """Leave out what was built at the start, and look for garbage less often. To be called once all of that is there.

    Settings, flows, templates and modules live as long as the process, and nearly everything that one event needs is
    freed by reference counts. With Python's defaults the collector walks through all of it again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
