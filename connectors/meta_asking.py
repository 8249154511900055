"""Asking the Graph API about one thing, and what its codes mean for a question, whatever it is about.

Source: Marketing API, guide "Rate Limits", and the guides that `meta_leads.py` and `meta_profiles.py` name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from connectors.http import HttpClient, HttpReply, MaybeSent, NotConnected
from middleware.ports import Account

OK, TOO_MANY, BROKEN = 200, 429, 500
"""Statuses; from the last one on their server failed."""

TRY_LATER = frozenset({-1, 1, 2, 4, 17, 32, 341, 368, 613, 80006})
"""Too many questions, or something went wrong on their side. What is asked for may have further codes of its own."""
ACCOUNT_PROBLEM = frozenset({102, 190, 463, 467})
"""The token is not taken."""
NOT_PERMITTED = frozenset({0, 3, 10, *range(200, 300)})
"""The token is taken, and may not do this."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """There is no answer to judge. `outcome` is written as in the outcomes of everything that is asked for."""

    outcome: Literal["retry", "account_problem"]
    detail: str


async def asked(
    http: HttpClient, account: Account, url: str, fields: Iterable[str], seconds: float
) -> HttpReply | Unanswered:
    """The answer, whatever it says, to a question for some fields of what is at `url`.

    Takes at most `seconds` and never raises.
    """
    if account.token is None:
        return Unanswered("account_problem", "the account has no token")
    try:
        return await http.get_json(f"{url}?fields={','.join(fields)}", account.token, seconds)
    except (NotConnected, MaybeSent) as error:
        return Unanswered("retry", f"no answer ({error})")
    except ValueError:
        return Unanswered("account_problem", "the token cannot be written into a header")
