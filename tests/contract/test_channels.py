"""The contract that every channel keeps, whatever its bodies look like."""

import json

import pytest
from channel_cases import CHANNELS, FIXTURES, Case, Expected, differences, normalise, read_fixture
from instagram_cases import CASES as INSTAGRAM
from messenger_cases import CASES as MESSENGER
from webchat_cases import CASES as WEBCHAT
from whatsapp_cases import CASES as WHATSAPP

from connectors.signatures import hex_signature
from middleware.domain.channels import CHANNELS as CHANNEL_TABLE
from middleware.domain.events import Event, EventKind, Rejected
from middleware.errors import BodyRefused
from middleware.ports import Channel, WebhookRequest

CASES = (*MESSENGER, *INSTAGRAM, *WHATSAPP, *WEBCHAT)
BODY = '{"object":"page","text":"äöå"}'.encode()
SECRET = b"app-secret"
VALID = hex_signature(BODY, SECRET)

DOCUMENTED: dict[str, frozenset[EventKind]] = {
    "messenger": frozenset(
        {
            EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.REACTION, EventKind.READ,
            EventKind.DELIVERY, EventKind.ECHO, EventKind.EDIT, EventKind.UNSEND, EventKind.OPTIN,
            EventKind.STANDBY, EventKind.HANDOVER, EventKind.FEEDBACK, EventKind.ACCOUNT_LINKING,
            EventKind.POLICY, EventKind.LEAD, EventKind.CHAT_ORDER, EventKind.ACCOUNT, EventKind.UNKNOWN,
        }
    ),
    "instagram": frozenset(
        {
            EventKind.MESSAGE, EventKind.POSTBACK, EventKind.REFERRAL, EventKind.REACTION, EventKind.READ,
            EventKind.ECHO, EventKind.EDIT, EventKind.UNSEND, EventKind.OPTIN, EventKind.STANDBY,
            EventKind.HANDOVER, EventKind.ACCOUNT, EventKind.UNKNOWN,
        }
    ),
    "whatsapp": frozenset(
        {
            EventKind.MESSAGE, EventKind.REACTION, EventKind.STATUS, EventKind.ECHO, EventKind.EDIT,
            EventKind.UNSEND, EventKind.OPTIN, EventKind.IDENTITY_CHANGE, EventKind.SYSTEM, EventKind.CALL,
            EventKind.ACCOUNT, EventKind.UNKNOWN,
        }
    ),
    "webchat": frozenset(
        {EventKind.MESSAGE, EventKind.READ, EventKind.PAGE_VIEW, EventKind.CART, EventKind.ACCOUNT_LINKING}
    ),
}  # fmt: skip
"""The kinds of event that each channel's reference documents."""


@pytest.fixture(params=CHANNELS.values(), ids=CHANNELS.keys())
def channel(request: pytest.FixtureRequest) -> Channel:
    """Each channel in turn."""
    found: Channel = request.param
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.channel}-{case.name}")
def test_every_fixture_becomes_what_it_is(case: Case) -> None:
    """Every documented body normalises to its events, in order, each with key, account, anchor and time."""
    found = normalise(CHANNELS[case.channel], read_fixture(case))
    assert len(found) == len(case.expected), found
    pairs = zip(case.expected, found, strict=True)
    assert [line for expected, event in pairs for line in differences(case, expected, event)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.channel}-{case.name}")
def test_a_redelivery_has_the_same_keys(case: Case) -> None:
    """The same body delivered again, with its fields in another order, gives the same dedup keys."""
    body = json.loads(read_fixture(case))
    again = json.dumps(body, sort_keys=True, indent=1).encode()
    keys = _keys(case, read_fixture(case))
    assert _keys(case, again) == keys
    assert len(set(keys)) == len(keys)


def _keys(case: Case, raw: bytes) -> list[str]:
    return [event.key for event in normalise(CHANNELS[case.channel], raw) if isinstance(event, Event)]


def test_every_fixture_is_in_the_table() -> None:
    """No body lies in a fixtures folder without an expectation, and no expectation lacks its body."""
    for name in CHANNELS:
        listed = sorted(case.name for case in CASES if case.channel == name)
        assert listed == sorted(path.stem for path in (FIXTURES / name).glob("*.json"))


@pytest.mark.parametrize("name", CHANNELS)
def test_every_documented_kind_has_a_fixture(name: str) -> None:
    """Each kind of event that a channel documents is shown by a body, and no other kind appears."""
    expectations = [each for case in CASES if case.channel == name for each in case.expected]
    assert {each.kind for each in expectations if isinstance(each, Expected)} == DOCUMENTED[name]


def test_a_channel_says_what_it_is(channel: Channel) -> None:
    """A channel is named, is a channel, and has limits that a reply can keep."""
    assert channel.name in CHANNELS
    assert channel.kind == "channel"
    assert channel.capabilities is CHANNEL_TABLE[channel.name]


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, "text", 7, {"object": "page"}, {"object": "shop", "entry": []}, {"entry": []},
        {"object": ["page"], "entry": []}, {"object": "page", "entry": {}},
        {"object": "instagram", "entry": None}, {"object": "whatsapp_business_account", "entry": 1},
    ],
)  # fmt: skip
def test_what_is_no_delivery_is_refused(channel: Channel, body: object) -> None:
    """A body that is no delivery of the channel raises BodyRefused: it goes to quarantine whole."""
    with pytest.raises(BodyRefused):
        normalise(channel, json.dumps(body).encode())


def test_another_channels_delivery_is_refused(channel: Channel) -> None:
    """A channel does not read another channel's bodies."""
    for case in CASES:
        if case.name == "text" and case.channel != channel.name:
            with pytest.raises(BodyRefused):
                normalise(channel, read_fixture(case))


def _signed(header: str | None) -> WebhookRequest:
    names = ("x-hub-signature-256", "x-throughline-signature")
    return WebhookRequest({} if header is None else dict.fromkeys(names, header), BODY)


def test_a_valid_signature_is_accepted(channel: Channel) -> None:
    """The platform's own signature of these very bytes is accepted."""
    assert channel.is_signed(_signed(VALID), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "sha256=", "sha256=zz", VALID[7:], VALID.upper(), f"{VALID} ", VALID[:-1],
        f"{VALID}0", VALID.replace("sha256", "sha1"), "sha256=" + "ä" * 64, "sha256=" + "٣" * 64,
        hex_signature(BODY, b"another secret"), hex_signature(BODY + b" ", SECRET), hex_signature(BODY, b""),
        f"{VALID},{VALID}",
    ],
)  # fmt: skip
def test_any_other_signature_is_refused(channel: Channel, header: str | None) -> None:
    """Missing, malformed, non-ASCII, somebody else's or of other bytes: False, never an exception."""
    assert channel.is_signed(_signed(header), SECRET) is False


def test_an_empty_secret_signs_nothing(channel: Channel) -> None:
    """A signature made with no secret at all is refused even when no secret is what we have."""
    assert channel.is_signed(_signed(hex_signature(BODY, b"")), b"") is False


QUERY = {"hub.mode": "subscribe", "hub.verify_token": "tokén", "hub.challenge": "1158201444"}


def test_the_handshake_answers_the_challenge(channel: Channel) -> None:
    """With one of our verify tokens the challenge comes back as it is; where nobody asks, nothing ever does."""
    expected = None if channel.name == "webchat" else "1158201444"
    assert channel.challenge(QUERY, ["other", "tokén"]) == expected


@pytest.mark.parametrize(
    ("change", "tokens"),
    [
        ({"hub.verify_token": "wrong"}, ["tokén"]),
        ({"hub.verify_token": ""}, [""]),
        ({"hub.verify_token": "\udcff"}, ["tokén"]),
        ({"hub.mode": "unsubscribe"}, ["tokén"]),
        ({"hub.challenge": "<script>alert(1)</script>"}, ["tokén"]),
        ({"hub.challenge": ""}, ["tokén"]),
        ({"hub.challenge": "1" * 200}, ["tokén"]),
        ({}, []),
        ({}, [""]),
    ],
)
def test_the_handshake_is_refused(channel: Channel, change: dict[str, str], tokens: list[str]) -> None:
    """A wrong token, no token, another mode or a challenge that is no plain word: no answer."""
    assert channel.challenge({**QUERY, **change}, tokens) is None


def test_an_empty_handshake_is_refused(channel: Channel) -> None:
    """A GET without any parameter is refused, not an error."""
    assert channel.challenge({}, ["tokén"]) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.channel}-{case.name}")
def test_every_part_can_be_read_again_alone(case: Case) -> None:
    """The request that `alone` makes for a part normalises to that very part, with its key, and to nothing else.

    Only what is not the list, or not the object, that it should be cannot stand alone.
    """
    channel, raw = CHANNELS[case.channel], read_fixture(case)
    parts = normalise(channel, raw)
    alone = channel.alone(json.loads(raw), WebhookRequest(headers={}, body=raw), range(len(parts)))

    again = {place: normalise(channel, request.body) for place, request in alone.items()}

    address_books = {"history", "smb_app_state_sync"}
    for place, part in enumerate(parts):
        if place not in again:
            assert isinstance(part, Rejected)
            assert part.reason.endswith(("is no list", "what is no object"))
        elif isinstance(part, Event) and part.topic in address_books:
            (kept,) = again[place]
            assert isinstance(kept, Event)
            assert (kept.kind, kept.raw) == (part.kind, part.raw)
        else:
            assert again[place] == [part]


def test_a_part_that_stands_alone_names_nobody_else() -> None:
    """Of a batch with several people's messages each part keeps its own sender, and none of the others."""
    for name in ("messenger", "whatsapp"):
        raw = (FIXTURES / name / "batch.json").read_bytes()
        parts = normalise(CHANNELS[name], raw)
        alone = CHANNELS[name].alone(json.loads(raw), WebhookRequest(headers={}, body=raw), range(len(parts)))
        people = [_people(part) for part in parts]
        assert len(set().union(*people)) > 1
        for place, own in enumerate(people):
            others = set().union(*people) - own
            text = alone[place].body.decode() if own else ""
            assert not [person for person in others if f'"{person}"' in text], (name, place)


def _people(part: Event | Rejected) -> set[str]:
    """The ids of the person whom an event is about."""
    found = (part.anchor, *part.also) if isinstance(part, Event) else ()
    return {each.value.lstrip("+") for each in found if each is not None}
