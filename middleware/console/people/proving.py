"""Proofs on the panel: an agent has a code sent to an address that the customer named, and sees how it goes."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from middleware.console.conversations.composing import of_said, why_not
from middleware.console.conversations.doing import done
from middleware.console.conversations.one import nonce_of, one_conversation
from middleware.console.people.forms import mark_of, new_nonce
from middleware.console.routes import AGENT, get, post
from middleware.console.visit import Visit
from middleware.domain.agents import ProofAsked
from middleware.domain.conversation import Claim, Conversation
from middleware.pipeline.agents import NO_ADDRESS, NO_CODES, NOTHING_TO_SAY, Refused
from middleware.pipeline.proofs import addresses_said, proof_in, where_said

ASKED_BY = "identify_sent"
"""The template by which flows ask for the code."""


async def proving_values(visit: Visit, conversation: Conversation | None, *, wrong: str = "") -> dict[str, Any] | None:
    """What the part about proofs is given; None where there is none to be shown: for whoever is no agent, and where
    nothing was named and nothing asked for. `wrong`: why nothing was begun, in words.
    """
    if conversation is None or not visit.does("agent"):
        return None
    store = visit.brand.store
    proof = await proof_in(store, conversation, visit.now)
    said = await addresses_said(store, conversation, visit.now)
    if proof is None and not said:
        return None
    return {
        "conversation": conversation,
        "proof": proof,
        "said": [(mark_of(each.claim), each) for each in said],
        "sends": visit.brand.brand.codes is not None,
        "wrong": wrong,
        "nonce": new_nonce(),
    }


async def shown(visit: Visit) -> web.StreamResponse:
    """The part anew, as it stands."""
    return await _part(visit)


async def begin(visit: Visit) -> web.StreamResponse:
    """Have a code sent, and ask the customer for it."""
    conversation, form = await one_conversation(visit), await visit.form()
    nonce = nonce_of(form.get("nonce", ""))
    claim = next((each for each in conversation.claims if mark_of(each) == form.get("claim")), None)
    wanted = await _wanted(visit, conversation, claim)
    found = wanted if isinstance(wanted, Refused) else await done(visit, conversation, wanted, nonce)
    wrong = " ".join(why_not(visit, each) for each in found.reasons) if isinstance(found, Refused) else ""
    if visit.is_fragment or wrong:
        return await _part(visit, wrong)
    home = form.get("home", "")
    if home:
        return visit.go(f"{visit.path('people', home)}?conversation={quote(conversation.id)}")
    return visit.go(visit.path("conversations", conversation.id))


async def _wanted(visit: Visit, conversation: Conversation, claim: Claim | None) -> ProofAsked | Refused:
    if visit.brand.brand.codes is None:
        return Refused((NO_CODES,))
    if claim is None or claim.kind != "email":
        return Refused((NO_ADDRESS,))
    said_in = await where_said(visit.brand.store, conversation, claim)
    if said_in is None:
        return Refused((NO_ADDRESS,))
    reply = await of_said(visit, conversation, ASKED_BY)
    if reply is None:
        return Refused((NOTHING_TO_SAY,))
    return ProofAsked(said_in=said_in, masked=claim.masked, replies=(reply,))


async def _part(visit: Visit, wrong: str = "") -> web.Response:
    proving = await proving_values(visit, await one_conversation(visit), wrong=wrong)
    page = "people/proof.html" if visit.is_fragment else "people/proof_page.html"
    home, h = (visit.query("home"), 2) if visit.query("home") else ("", 3)
    stands = proving["proof"].stands if proving is not None and proving["proof"] is not None else ""
    # What stands around it is of before: more may be told now.
    is_settled = bool(visit.query("was")) and stands == "proven"
    if is_settled and home:
        visit.headers["HX-Refresh"] = "true"
    values = {"proving": proving, "home": home, "settled": is_settled and not home, "h": h}
    return visit.page(page, status=409 if wrong else 200, **values)


ROUTES = (
    get("/{brand}/conversations/{id}/proof", shown, AGENT),
    post("/{brand}/conversations/{id}/proof", begin, AGENT),
)
