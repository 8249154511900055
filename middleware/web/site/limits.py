"""How often one visitor, or one address, may come: a bucket each that fills up again. In memory, per process."""

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence

from aiohttp import web

_MOST_KNOWN = 50_000


class Limit:
    """`burst` requests at once, then `per_second`. Of more than are kept those seen longest ago are forgotten."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str, now: float) -> float:
        """Seconds to wait; 0 for a request that may come now, and is counted. `now` is monotonic."""
        left, at = self._left.pop(who, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left, now)
        if len(self._left) > _MOST_KNOWN:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._per_second


def address_of(request: web.Request, proxies: int) -> str:
    """Where a request comes from: what the outermost proxy of ours saw. Of IPv6 the network that one customer has."""
    passed = [each.strip() for line in request.headers.getall("X-Forwarded-For", ()) for each in line.split(",")]
    shown = _entry(passed, proxies) or request.remote or ""
    try:
        ip = ipaddress.ip_address(shown)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else shown  # noqa: PLR2004 - IPv6


def _entry(passed: Sequence[str], proxies: int) -> str | None:
    """Each proxy appends who came to it; what stands before those entries anybody can write."""
    return passed[-proxies] if 0 < proxies <= len(passed) else None
