"""Operators of stores, languages and paths in whatever is asked: refused, or taken as the plain text that they are.

Nothing that is asked with them is answered with more than the exact id would be, and nothing in the store is another
than before.
"""

import json
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from urllib.parse import quote, urlencode

import orjson
import pytest
from yarl import URL

from middleware.domain.candidates import Candidate
from middleware.identity.weights import shipped_weights
from middleware.pipeline.matching import ReviewRules, match_record
from middleware.ports import Put
from middleware.settings import key_hash
from tests.operators import HOSTILE
from tests.records import NOW, record_identity
from tests.running import CLIENT_KEY, CONSOLE_KEY, PAGE, Running, running
from tests.scenarios.looking import everything
from tests.stores import StoreServer

REVIEW_KEY = "a-key-of-a-client-that-reviews-01"
ANA, BEN = "7301", "7302"

SURROGATES = "%ED%A0%80", "%ED%A0%BD%ED%B2%A9", "%FF%FE", "%C0%AE%C0%AE", "%u0000", "%", "%%00"
"""Bytes that are no text, as they stand in an address."""


@pytest.fixture
async def asked(store_server: StoreServer, tmp_path: Path) -> AsyncIterator[Running]:
    """An installation with two customers, an order of each, and a question in the review queue."""
    clients = {"desk": {"key_hash": key_hash(REVIEW_KEY), "brands": ["glow"], "review": True}}
    async with running(store_server, tmp_path, clients=clients) as shop:
        store = shop.here.brands["glow"].store
        for number in "12":
            identity = record_identity(number, first_name="Ana", last_name="Quintanilla", email="a@quintanilla.example")
            await store.write(Put(identity))
            await match_record(store, identity.id, shipped_weights(), ReviewRules(), NOW)
        for sender in (ANA, BEN):
            await shop.say("messenger", sender=sender, text=f"my wish is a lighthouse, {sender}")
        await shop.quiet()
        yield shop


async def ask(shop: Running, key: str, target: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    """Ask with an address as it is: status and text of the answer."""
    headers = {"Authorization": f"Bearer {key}"}
    url = URL(shop.url + target, encoded=True)
    async with shop.http.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
        return answer.status, (await answer.read()).decode(errors="replace")


def is_refusal(status: int, text: str) -> bool:
    """Whether it is a refusal that tells nothing of anybody."""
    return 400 <= status < 500 and "lighthouse" not in text and "uintanilla" not in text and '"members"' not in text


def is_nobody(status: int, text: str) -> bool:
    """Whether it is a refusal, or the context of a sender who has never written: what is no operator may be an id."""
    if status != 200 or not text.startswith('{"schema":"throughline.context'):
        return is_refusal(status, text)
    told = orjson.loads(text)
    blocks = [each for each in told.values() if isinstance(each, dict) and "state" in each]
    return told["identity"]["level"] == "new" and {each["state"] for each in blocks} == {"missing"}


async def profile_of(shop: Running, sender: str) -> str:
    """The id of a sender's profile."""
    found = (await shop.context("messenger", sender)).identity.profile_id
    assert found is not None
    return found


def targets() -> list[tuple[str, str, str]]:
    """Every place of the HTTP API that something can be written into: the client's key, the method, the address."""
    sender = f"channel=messenger&account={PAGE}&sender={ANA}"
    return [
        (CONSOLE_KEY, "GET", "/v1/profiles/HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/profiles/HOSTILE/timeline"),
        (CONSOLE_KEY, "GET", "/v1/profiles/PROFILE?brand=HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/profiles/PROFILE/timeline?before=HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/profiles/PROFILE/timeline?most=HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/turns/HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/turns/HOSTILE?brand=HOSTILE"),
        (CLIENT_KEY, "GET", f"/v1/context?channel=messenger&account={PAGE}&sender=HOSTILE"),
        (CLIENT_KEY, "GET", f"/v1/context?channel=messenger&account=HOSTILE&sender={ANA}"),
        (CLIENT_KEY, "GET", f"/v1/context?channel=HOSTILE&account={PAGE}&sender={ANA}"),
        (CLIENT_KEY, "GET", f"/v1/context?{sender}&blocks=HOSTILE"),
        (CLIENT_KEY, "GET", f"/v1/context?{sender}&fields=orders.HOSTILE"),
        (REVIEW_KEY, "GET", "/v1/review/candidates/HOSTILE"),
        (REVIEW_KEY, "POST", "/v1/review/candidates/HOSTILE/accept"),
        (REVIEW_KEY, "POST", "/v1/review/candidates/HOSTILE/reject"),
        (REVIEW_KEY, "POST", "/v1/review/profiles/HOSTILE/lock"),
        (REVIEW_KEY, "POST", "/v1/profiles/HOSTILE/unmerge"),
        (REVIEW_KEY, "POST", "/v1/profiles/HOSTILE/split"),
        (CONSOLE_KEY, "GET", "/v1/templates/HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/templates/HOSTILE/versions"),
        (CONSOLE_KEY, "GET", "/v1/templates/fallback/versions/HOSTILE"),
        (CONSOLE_KEY, "GET", "/v1/templates?brand=HOSTILE"),
        (REVIEW_KEY, "GET", "/v1/review/candidates?brand=HOSTILE"),
        (REVIEW_KEY, "GET", "/v1/review/candidates?limit=HOSTILE"),
        (REVIEW_KEY, "GET", "/v1/review/candidates?after=HOSTILE"),
        (CLIENT_KEY, "POST", "/webhooks/HOSTILE"),
        (CLIENT_KEY, "POST", "/webhooks/messenger/HOSTILE"),
        (CLIENT_KEY, "GET", "/webhooks/messenger?hub.mode=subscribe&hub.verify_token=HOSTILE&hub.challenge=1"),
        (CLIENT_KEY, "POST", "/site/HOSTILE/events"),
        (CLIENT_KEY, "POST", "/site/HOSTILE/conversation"),
        (CLIENT_KEY, "GET", "/site/HOSTILE/chat.js"),
    ]


ESCAPED = {**{name: quote(text, safe="") for name, text in HOSTILE.items()}, **{each: each for each in SURROGATES}}
"""All of them as they stand in an address."""


async def test_an_operator_in_an_address_is_refused(asked: Running) -> None:
    """In each part of each path and in each parameter: a 4xx that tells nothing, and a store as before."""
    profile, before = await profile_of(asked, ANA), await everything(asked)
    answered, heard = 0, {}
    for name, written in ESCAPED.items():
        for key, method, target in targets():
            if name != "spaces" or "blocks=" not in target:
                address = target.replace("PROFILE", profile).replace("HOSTILE", written)
                heard[name, method, target] = await ask(asked, key, address, method)
                answered += 1

    assert answered > 700
    assert {what: answer for what, answer in heard.items() if not is_nobody(*answer)} == {}
    assert await everything(asked) == before


async def test_an_operator_beside_a_parameter_is_no_part_of_it(asked: Running) -> None:
    """`sender[$ne]` is another parameter than `sender`: alone it is missing, beside it it changes nothing."""
    for operator in ("$ne", "$gt", "$regex", "$where", "$in", "", "__proto__", "0"):
        await _is_no_part(asked, operator)


async def _is_no_part(asked: Running, operator: str) -> None:
    exact = {"channel": "messenger", "account": PAGE, "sender": ANA}
    profile = await profile_of(asked, ANA)
    for name in exact:
        alone = {f"{key}[{operator}]" if key == name else key: value for key, value in exact.items()}
        assert (await ask(asked, CLIENT_KEY, f"/v1/context?{urlencode(alone)}"))[0] == 400
    beside = {**exact, **{f"{name}[{operator}]": BEN for name in exact}}
    both = await ask(asked, CONSOLE_KEY, f"/v1/context?{urlencode(beside)}")
    assert orjson.loads(both[1])["identity"]["profile_id"] == profile

    for target in (f"/v1/profiles/{profile}", "/v1/review/candidates"):
        key = CONSOLE_KEY if "profiles" in target else REVIEW_KEY
        more = urlencode({f"{name}[{operator}]": "x" for name in ("id", "brand", "limit", "after", "before")})
        assert await ask(asked, key, f"{target}?{more}") == await ask(asked, key, target)


async def test_a_parameter_twice_is_one(asked: Running) -> None:
    """Of several values one counts: nobody gets two senders, or a second brand, by asking twice."""
    for first, second in ((ANA, BEN), (BEN, ANA)):
        query = f"channel=messenger&account={PAGE}&sender={first}&sender={second}"
        status, text = await ask(asked, CONSOLE_KEY, f"/v1/context?{query}")
        assert status == 200
        assert orjson.loads(text)["identity"]["profile_id"] == await profile_of(asked, first)
        assert f"lighthouse, {second}" not in text


COUNTS = ("0", "-1", "1e2", "1_0", "0x10", "\u0661", "000000001000", "0" * 8 + "1" + "0" * 5_000, "9" * 400)
"""What is no number of entries that may be asked for."""


async def test_a_page_is_never_longer_than_it_may_be(asked: Running) -> None:
    """Whatever is written for the number of entries, it is refused unless it is one that may be asked for."""
    profile = await profile_of(asked, ANA)
    for of_queue, of_timeline in (("101", "501"), *zip(COUNTS, COUNTS, strict=True)):
        queue = await ask(asked, REVIEW_KEY, f"/v1/review/candidates?limit={quote(of_queue)}")
        timeline = await ask(asked, CONSOLE_KEY, f"/v1/profiles/{profile}/timeline?most={quote(of_timeline)}")
        assert (is_refusal(*queue), is_refusal(*timeline)) == (True, True), of_queue[:40]


BODIES: dict[str, bytes] = {
    "an operator for the note": b'{"note": {"$gt": ""}}',
    "an operator for the person": b'{"by": {"$ne": null}}',
    "an operator for a name": b'{"$where": "1 == 1"}',
    "a prototype": b'{"__proto__": {"note": "x"}}',
    "a path": b'{"note.text": "x"}',
    "a list": b'{"note": ["x"]}',
    "a lone surrogate": b'{"note": "\\ud800"}',
    "broken text": b'{"note": "\xed\xa0\x80"}',
    "too long a note": json.dumps({"note": "x" * 100_000}).encode(),
    "too long a name": json.dumps({"by": "x" * 201}).encode(),
    "deep": b'{"note": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
}
"""Bodies of a decision."""


async def test_an_operator_in_a_decision_is_refused(asked: Running) -> None:
    """400, and nothing is decided."""
    (candidate,) = await _candidates(asked)
    before = await everything(asked)
    for what, decision in product(BODIES, ("accept", "reject")):
        target = f"/v1/review/candidates/{quote(candidate, safe='')}/{decision}"
        status, text = await ask(asked, REVIEW_KEY, target, "POST", BODIES[what])
        assert (status, is_refusal(status, text)) == (400, True), what
    assert await everything(asked) == before


async def test_an_operator_in_a_note_is_text(asked: Running) -> None:
    """What somebody writes for other people is kept as they wrote it, and decides about this pair alone."""
    (candidate,) = await _candidates(asked)
    note = '{"$gt": ""} \0 __proto__ $where'
    body = json.dumps({"note": note, "by": "$ne"}).encode()
    target = f"/v1/review/candidates/{quote(candidate, safe='')}/reject"
    status, text = await ask(asked, REVIEW_KEY, target, "POST", body)
    assert (status, orjson.loads(text)["note"], orjson.loads(text)["by"]) == (200, note, "$ne (desk)")
    assert len((await everything(asked))["verdicts"]) == 1


async def _candidates(shop: Running) -> list[str]:
    store = shop.here.brands["glow"].store
    return [each.record.id async for batch in store.scan(Candidate) for each in batch]
