"""Taking Meta's bodies apart: one bad part never takes its neighbours along, and nothing is unbounded."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import meta
from connectors.batch import MAX_EVENTS, Unclear
from connectors.body import read_json
from connectors.channels.instagram import Instagram
from connectors.channels.messenger import Messenger
from connectors.channels.whatsapp import WhatsApp
from connectors.http import HttpClient
from middleware.domain.events import Event, EventKind, Rejected
from middleware.domain.identifiers import Identifier, IdentifierKind
from middleware.errors import BodyRefused
from middleware.ports import Account, Channel, WebhookRequest

RECEIVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
SENT_AT = 1_790_000_000_123


def _normalise(channel: Channel, raw: bytes, *known: Account) -> list[Event | Rejected]:
    accounts = {account.id: account for account in known}
    request = WebhookRequest(headers={}, body=raw)
    return list(channel.normalise(read_json(raw), request, RECEIVED_AT, accounts.get))


def _messenger(*items: Any, entry: Any = "1001", time: Any = SENT_AT) -> list[Event | Rejected]:
    body = {"object": "page", "entry": [{"id": entry, "time": time, "messaging": list(items)}]}
    return _normalise(Messenger(HttpClient()), json.dumps(body).encode())


def _message(mid: Any, text: Any = "hi", **fields: Any) -> dict[str, Any]:
    ends = {"sender": {"id": "7301"}, "recipient": {"id": "1001"}, "timestamp": SENT_AT}
    return {**ends, "message": {"mid": mid, "text": text}, **fields}


def _one(*found: Event | Rejected) -> Event:
    (event,) = found
    assert isinstance(event, Event), event
    return event


def _reason(*found: Event | Rejected) -> str:
    (rejected,) = found
    assert isinstance(rejected, Rejected), rejected
    return rejected.reason


@pytest.mark.parametrize(
    "bad",
    [
        _message("m_bad", "a\0b"),
        _message("m_bad", "\ud800"),
        _message("m_bad", "hi", extra=2**80),
        _message("m_bad", "hi", **{"k\0": 1}),
        _message("m_bad", "hi", extra=json.loads("[" * 40 + "]" * 40)),
        _message("m_bad", "hi", extra=json.loads("[" * 300 + "]" * 300)),
        _message(None),
        _message("m" * 513),
        _message("m_bad", {"$ne": None}),
        _message("m_bad", timestamp="soon"),
        _message("m_bad", timestamp=10**15),
        _message("m_bad", timestamp=-5),
        _message("m_bad", timestamp=True),
        _message("m_bad", sender=[1]),
        _message("m_bad", sender={"id": {"$ne": None}}),
        _message("m_bad", message=7),
        _message("m_bad", message=None),
    ],
)
def test_one_bad_event_is_rejected_alone(bad: dict[str, Any]) -> None:
    """Of ten events nine go on; the tenth is kept with its reason, its account and its own bytes only."""
    good = [_message(f"m_{number}") for number in range(9)]
    found = _messenger(*good[:4], bad, *good[4:])
    rejected = [each for each in found if isinstance(each, Rejected)]
    assert [type(each) for each in found].index(Rejected) == 4
    assert len(rejected) == 1
    assert rejected[0].account == "1001"
    assert rejected[0].reason
    assert json.loads(rejected[0].raw) == bad


def test_a_body_that_cannot_be_taken_apart_is_refused_whole() -> None:
    """Nesting that not even a rejection could write: the whole body goes to quarantine as it came."""
    bad = json.dumps(_message("m_1", "deep")).replace('"deep"', "[" * 400 + "]" * 400)
    raw = f'{{"object":"page","entry":[{{"id":"1001","messaging":[{bad}]}}]}}'.encode()
    found = _normalise(Messenger(HttpClient()), raw)
    assert "nested deeper than 32" in _reason(*found)


def test_at_most_two_thousand_events() -> None:
    """A body with more events than any platform sends is refused whole."""
    assert len(_messenger(*[_message(f"m_{n}") for n in range(MAX_EVENTS)])) == MAX_EVENTS
    with pytest.raises(BodyRefused):
        _messenger(*[_message(f"m_{n}") for n in range(MAX_EVENTS + 1)])
    with pytest.raises(BodyRefused):
        _messenger(*range(MAX_EVENTS + 1))


def test_a_rejection_says_nothing_of_the_content() -> None:
    """The reason of a rejection names the field; what the person wrote is in the bytes alone."""
    assert _reason(*_messenger(_message("m_1", "secret", timestamp="secret"))) == "timestamp is no number"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_790_000_000_123, datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)),
        (1_790_000_000, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        ("1790000000", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        ("1790000000123", datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)),
        (1_790_000_000.9, datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (4_102_444_799, datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_come_in_seconds_and_milliseconds(value: object, moment: datetime) -> None:
    """Numbers and digits, seconds below 10**12, cut to milliseconds."""
    assert meta.moment(value) == moment


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 4_102_444_800, 4_102_444_800_000, 10**12 - 1, 10**30, float("nan"), float("inf"), True,
        None, "", "1_000", "١٧٩٠٠٠٠٠٠٠", " 1790000000", "1e9", "-5", "9" * 5000, [], {"$gt": ""},
    ],
)  # fmt: skip
def test_what_is_no_time_is_garbled(value: object) -> None:
    """Out of range, or no plain number: rejected, never a crash and never a guess."""
    with pytest.raises(Unclear):
        meta.moment(value)


def test_an_event_without_a_time_has_its_entrys() -> None:
    """Old events carry no timestamp: the entry's counts, and without that the time of receipt."""
    bare = {key: value for key, value in _message("m_1").items() if key != "timestamp"}
    assert _one(*_messenger(bare)).occurred_at == meta.moment(SENT_AT)
    assert _one(*_messenger({**bare, "timestamp": None})).occurred_at == meta.moment(SENT_AT)
    assert _one(*_messenger(bare, time=None)).occurred_at == RECEIVED_AT


@pytest.mark.parametrize("entry", [None, "", "a|b", "a:b", "1001 ", [], {"$ne": 1}, "x" * 129, True])
def test_an_entry_without_an_account_is_rejected(entry: Any) -> None:
    """An id that is none, or could break a key apart, names no account: the event waits in quarantine."""
    bare = {"sender": {"id": "7301"}, "timestamp": SENT_AT, "message": {"mid": "m_1", "text": "hi"}}
    (found,) = _messenger(bare, entry=entry)
    assert isinstance(found, Rejected)
    assert found.account is None


def test_ids_may_be_numbers() -> None:
    """Ids written as numbers are the same ids."""
    event = _one(*_messenger(_message("m_1", sender={"id": 7301}), entry=1001))
    assert (event.account, event.anchor) == ("1001", Identifier(IdentifierKind.MESSENGER, "1001", "7301"))


def test_long_texts_are_cut_and_long_addresses_left_out() -> None:
    """65,536 characters of a text are kept; of an address all or nothing."""
    attachments = [{"type": "image", "payload": {"url": "https://x.example/" + "a" * 9000}}]
    found = _message("m_1", message={"mid": "m_1", "text": "x" * 70_000, "attachments": attachments * 200})
    message = _one(*_messenger(found)).message
    assert message is not None
    assert len(message.text) == meta.MAX_TEXT
    assert {attachment.url for attachment in message.attachments} == {None}
    assert len(message.attachments) <= meta.MAX_ITEMS


def test_unsend_edit_and_message_are_three_events() -> None:
    """They share one mid and must not swallow each other."""
    edit = _message("m_1", message=None) | {"message_edit": {"mid": "m_1", "text": "x", "num_edit": 1}}
    again = _message("m_1", message=None) | {"message_edit": {"mid": "m_1", "text": "y", "num_edit": 2}}
    items = [_message("m_1"), edit, again, _message("m_1", message={"mid": "m_1", "is_deleted": True})]
    for item in items[1:3]:
        del item["message"]
    keys = {each.key for each in _messenger(*items) if isinstance(each, Event)}
    assert keys == {f"messenger:1001:m_1{end}" for end in ("", ":edit:1", ":edit:2", ":unsend")}


def test_the_same_referral_twice_on_two_days_is_two_clicks() -> None:
    """What has no id of its own is told apart by its time, or else the second click would be a duplicate."""
    click = {"sender": {"id": "7301"}, "recipient": {"id": "1001"}, "referral": {"ref": "spring"}}
    later = {**click, "timestamp": SENT_AT + 86_400_000}
    events = _messenger({**click, "timestamp": SENT_AT}, later, {**click, "timestamp": SENT_AT})
    keys = [each.key for each in events if isinstance(each, Event)]
    assert keys[0] == keys[2] != keys[1]


def test_what_the_page_itself_sent_is_an_echo_even_without_the_mark() -> None:
    """A sender that is the account is us; the customer is the recipient."""
    ours = _message("m_1", sender={"id": "1001"}, recipient={"id": "7301"})
    event = _one(*_messenger(ours))
    assert (event.kind, event.anchor) == (
        EventKind.ECHO,
        Identifier(IdentifierKind.MESSENGER, "1001", "7301"),
    )


def test_an_unsent_echo_is_about_the_customer() -> None:
    """A message that the account took back goes into the customer's fragment, not the account's."""
    item = {
        "sender": {"id": "178414"},
        "recipient": {"id": "9201"},
        "timestamp": SENT_AT,
        "message": {"mid": "aWc1", "is_echo": True, "is_deleted": True},
    }
    body = {"object": "instagram", "entry": [{"id": "178414", "messaging": [item]}]}
    event = _one(*_normalise(Instagram(HttpClient()), json.dumps(body).encode()))
    assert event.kind is EventKind.UNSEND
    assert event.anchor == Identifier(IdentifierKind.INSTAGRAM, "178414", "9201")


def test_standby_and_messaging_do_not_swallow_each_other() -> None:
    """One message may come by both ways; the one that may be answered must not be taken for a duplicate."""
    entry = {"id": "1001", "standby": [_message("m_1")], "messaging": [_message("m_1")]}
    raw = json.dumps({"object": "page", "entry": [entry]}).encode()
    events = [each for each in _normalise(Messenger(HttpClient()), raw) if isinstance(each, Event)]
    assert {event.kind for event in events} == {EventKind.STANDBY, EventKind.MESSAGE}
    assert len({event.key for event in events}) == 2


def _whatsapp(value: dict[str, Any], field: str = "messages", *known: Account) -> list[Event | Rejected]:
    metadata = {"display_phone_number": "33100000000", "phone_number_id": "777"}
    change = {"field": field, "value": {"metadata": metadata, **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": [change]}]}
    return _normalise(WhatsApp(HttpClient()), json.dumps(body).encode(), *known)


def _text(wamid: str = "wamid.1", **fields: Any) -> dict[str, Any]:
    return {"id": wamid, "timestamp": "1790000000", "type": "text", "text": {"body": "hi"}, **fields}


def test_a_portfolio_scopes_business_scoped_ids() -> None:
    """Two numbers of one portfolio see the same person under the same identifier."""
    account = Account("mugs", "main", "whatsapp", "777", token=SecretStr("x"), portfolio="PF1")
    event = _one(*_whatsapp({"messages": [_text(from_user_id="FR.9001a")]}, "messages", account))
    assert event.anchor == Identifier(IdentifierKind.WHATSAPP, "PF1", "FR.9001a")


@pytest.mark.parametrize(
    "phone",
    [
        "not-a-phone", "+", "++33600000000", "0033600000000", "33 600 000 000", "1234", "1" * 16,
        "٣٣٦٠٠٠٠٠٠٠٠", "fr.9001a", "FRA.9001a", "FR.", "FR." + "a" * 129, "FR.90-01", "FR.9001a\n", "33600000000\n",
        {"$ne": 1}, ["33600000000"], "x" * 600,
    ],
)  # fmt: skip
def test_an_id_that_is_neither_phone_nor_business_scoped_is_rejected(phone: Any) -> None:
    """What is no id is no identity: rejected, never guessed and never a crash."""
    assert "customer id" in _reason(*_whatsapp({"messages": [_text(**{"from": phone})]}))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("33600000000", IdentifierKind.PHONE), ("+33600000000", IdentifierKind.PHONE),
        (33600000000, IdentifierKind.PHONE), ("FR.9001a", IdentifierKind.WHATSAPP),
        ("FR.ENT.42b", IdentifierKind.WHATSAPP), ("FR." + "a" * 128, IdentifierKind.WHATSAPP),
    ],
)  # fmt: skip
def test_an_id_is_known_by_its_form(value: Any, kind: IdentifierKind) -> None:
    """Whatever the field, digits are a phone and a country with a dot is business-scoped."""
    for field in ("from", "from_user_id"):
        anchor = _one(*_whatsapp({"messages": [_text(**{field: value})]})).anchor
        assert anchor is not None
        assert anchor.kind is kind
    assert _one(*_whatsapp({"messages": [_text(**{"from": 33600000000})]})).anchor == Identifier(
        IdentifierKind.PHONE, "", "+33600000000"
    )


@pytest.mark.parametrize("nobody", [{}, {"from": None}, {"from": ""}, {"from": "", "from_user_id": None}])
def test_a_message_from_nobody_is_rejected(nobody: dict[str, Any]) -> None:
    """Without any id there is nobody to answer, and a single contact is not taken for the sender."""
    contacts = [{"profile": {"name": "Lea"}, "user_id": "FR.9001a"}]
    found = _whatsapp({"contacts": contacts, "messages": [_text(**nobody)]})
    assert _reason(*found) == "a message from nobody"


def test_contacts_belong_to_their_own_messages() -> None:
    """Name and phone come from the contact with the sender's id; no other person's contact is kept."""
    contacts = [
        {"profile": {"name": "Lea"}, "wa_id": "33600000000", "user_id": "FR.9001a"},
        {"profile": {"name": "Udo"}, "wa_id": "491700000002", "user_id": "DE.2"},
    ]
    messages = [
        _text("wamid.1", from_user_id="DE.2"),
        _text("wamid.2", **{"from": "33600000000"}),
        _text("wamid.3", **{"from": "447700900003"}),
    ]
    udo, lea, stranger = _whatsapp({"contacts": contacts, "messages": messages})
    assert isinstance(udo, Event)
    assert isinstance(lea, Event)
    assert isinstance(stranger, Event)
    assert (udo.name, [each.value for each in udo.also]) == ("Udo", ["+491700000002"])
    assert (lea.name, lea.anchor) == ("Lea", Identifier(IdentifierKind.WHATSAPP, "", "FR.9001a"))
    assert (stranger.name, stranger.also) == (None, ())
    assert "Lea" not in json.dumps(udo.raw)
    assert "contact" not in stranger.raw


def test_a_contact_overrules_nothing() -> None:
    """Where message and contact name two phones, the message's own counts."""
    contacts = [{"wa_id": "491700000002", "user_id": "FR.9001a"}]
    message = _text(**{"from": "33600000000", "from_user_id": "FR.9001a"})
    event = _one(*_whatsapp({"contacts": contacts, "messages": [message]}))
    assert [each.value for each in event.also] == ["+33600000000"]


def test_contacts_of_a_large_batch_are_all_known() -> None:
    """The names of a batch of hundreds of people are all found."""
    phones = [str(33600000000 + number) for number in range(500)]
    contacts = [{"profile": {"name": f"N{phone}"}, "wa_id": phone} for phone in phones]
    messages = [_text(f"wamid.{phone}", **{"from": phone}) for phone in phones]
    found = _whatsapp({"contacts": contacts, "messages": messages})
    assert [each.name for each in found if isinstance(each, Event)] == [f"N{phone}" for phone in phones]


@pytest.mark.parametrize(
    "contacts", [None, {}, "x", [None, 7], [{"wa_id": ["x"]}], [{"profile": "x", "wa_id": "33600000000"}]]
)
def test_garbage_in_contacts_costs_no_message(contacts: Any) -> None:
    """Contacts are an addition: a message is understood without them."""
    found = _whatsapp({"contacts": contacts, "messages": [_text(**{"from": "33600000000"})]})
    assert _one(*found).name is None


def test_a_change_of_business_scoped_id_by_system_message() -> None:
    """Where old and new id are both named, the system message is a change of identity."""
    system = {"type": "user_changed_user_id", "body": "changed", "user_id": "FR.9002c"}
    message = {"id": "wamid.s", "timestamp": "1790000000", "type": "system", "system": system}
    event = _one(*_whatsapp({"messages": [{**message, "from_user_id": "FR.9001a"}]}))
    assert event.change is not None
    assert (event.change.previous.value, event.change.current.value) == ("FR.9001a", "FR.9002c")


@pytest.mark.parametrize("ids", [{}, {"previous": "FR.1"}, {"previous": "FR.1", "current": "33600000000"}, None])
def test_an_update_without_both_ids_is_rejected(ids: Any) -> None:
    """Half a change of identity changes nothing."""
    found = _whatsapp({"user_id_update": [{"user_id": ids, "timestamp": "1790000000"}]}, "user_id_update")
    assert "user_id" in _reason(*found)


def test_a_change_without_a_number_is_rejected() -> None:
    """Messages without `phone_number_id` have no account, not even the business account's."""
    change = {"field": "messages", "value": {"messages": [_text(**{"from": "33600000000"})]}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "WABA1", "changes": [change]}]}
    found = _normalise(WhatsApp(HttpClient()), json.dumps(body).encode())
    assert _reason(*found) == "account id is missing"


def test_sender_reads_an_id_as_the_platform_writes_it() -> None:
    """From the text of an id to the customer's identifier on that account; None for what is none."""
    http = HttpClient()
    page = Account("mugs", "main", "messenger", "1001")
    assert Messenger(http).sender(page, "7301") == Identifier(IdentifierKind.MESSENGER, "1001", "7301")
    assert Instagram(http).sender(page, "a|b") is None
    number = Account("mugs", "main", "whatsapp", "777", portfolio="PF1")
    assert WhatsApp(http).sender(number, "FR.9001a") == Identifier(IdentifierKind.WHATSAPP, "PF1", "FR.9001a")
    assert WhatsApp(http).sender(number, "33600000000") == Identifier(IdentifierKind.PHONE, "", "+33600000000")
    assert WhatsApp(http).sender(number, "nobody") is None
    assert WhatsApp(http).sender(number, "") is None


@pytest.mark.parametrize("field", ["smb_app_state_sync", "history"])
def test_whole_address_books_are_not_kept(field: str) -> None:
    """A change that carries many people's data is news about the account; the data itself is not kept."""
    book = {"state_sync": [{"contact": {"full_name": "Vera"}}], "contacts": [{"wa_id": "33699999999"}]}
    event = _one(*_whatsapp(book, field))
    assert (event.kind, event.raw) == (EventKind.ACCOUNT, {"field": field})
