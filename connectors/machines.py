"""Whether a machine opened an e-mail, or followed its link: certain from the user agent, or not said at all.

Apple's Mail Privacy Protection loads every picture through a proxy that calls itself `Mozilla/5.0` and nothing more.
Scanners of mail gateways name themselves. Gmail's picture proxy is not here: it loads when somebody opens.
"""

_APPLES_PROXY = "Mozilla/5.0"
_SCANNERS = (
    "barracuda", "bitdefender", "cisco-ise", "cloudmark", "fortimail", "headlesschrome", "mailchimp-link-checker",
    "mimecast", "proofpoint", "python-requests", "safelinks", "sophos", "symantec", "trendmicro", "urldefense",
)  # fmt: skip


def is_machine(user_agent: object) -> bool:
    """Whether this user agent is certainly nobody."""
    if not isinstance(user_agent, str):
        return False
    known = user_agent.strip()
    return known == _APPLES_PROXY or any(name in known[:500].lower() for name in _SCANNERS)
