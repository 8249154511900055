"""Two records compared field by field: for each field the level at which it agrees."""

from collections.abc import Callable
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from middleware.identity.matching.contacts import Email, same_number, same_subscriber, slip_in_number, tail_of
from middleware.identity.matching.folding import folded, sound
from middleware.identity.matching.levels import Birth, Family, Given, Order, Plain, Shared, place_level
from middleware.identity.matching.nicknames import formal_names, related
from middleware.identity.matching.records import Person, addresses_of

Levels = tuple[int, ...]
"""A level for each of `levels.FIELDS`."""

_SLIP_FROM = 0.93
_ALIKE_FROM = 0.82
"""How alike names are (Jaro-Winkler)."""
_SHORTEST_WITH_SLIP = 4
_LONG = 7
"""From here on two slips are as likely as one in a short name."""
_GENERATION_YEARS = 15
_OLDEST = 70
_SHORTEST_LOCAL = 5

_SAME_NAME = frozenset({Family.SAME, Family.PART, Family.SLIP})
_STRONG = 2
_GOODNESS = (0, 3, 2, 2, 2, 1, 1, 0)
_GOODNESS_OF_FAMILY = (0, 3, 2, 2, 1, 0)
"""By level: to see which way round two names fit better."""
_AS_FAMILY = (
    Family.UNKNOWN, Family.SAME, Family.SLIP, Family.PART, Family.SLIP, Family.ALIKE, Family.ALIKE, Family.DIFFERENT
)  # fmt: skip


def _one_slip(one: str, other: str) -> bool:
    """Whether so few letters differ as a hurried hand gets wrong."""
    most = 2 if min(len(one), len(other)) >= _LONG else 1
    return min(len(one), len(other)) >= _SHORTEST_WITH_SLIP and OSA.distance(one, other, score_cutoff=most) <= most


def _slipped(one: str, other: str) -> bool:
    return _one_slip(one, other) or JaroWinkler.similarity(one, other, score_cutoff=_SLIP_FROM) > 0


@lru_cache(maxsize=1 << 18)
def given_level(one: str, other: str) -> Given:
    """How two given names agree."""
    if not one or not other:
        return Given.UNKNOWN
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return Given.SAME
    ours, theirs = one.split(), other.split()
    if len(ours[0]) == 1 or len(theirs[0]) == 1:
        return Given.INITIAL if ours[0][0] == theirs[0][0] else Given.DIFFERENT
    if _is_part(ours, theirs):
        return Given.PART
    if related(ours[0], theirs[0]) or related(one.replace(" ", ""), other.replace(" ", "")):
        return Given.NICKNAME
    return _nearly_given(one, other, ours, theirs)


def _nearly_given(one: str, other: str, ours: list[str], theirs: list[str]) -> Given:
    """Given names that are not the same: by a slip, cut short, or only a little alike. Two known names are no slip."""
    slip = Given.ALIKE if formal_names(ours[0]) and formal_names(theirs[0]) else Given.SLIP
    if _slipped(one, other):
        return slip
    if _begins(ours[0], theirs[0]) or _ends(ours[0], theirs[0]) or _any_related(ours, theirs):
        return Given.NICKNAME
    first = JaroWinkler.similarity(ours[0], theirs[0])
    if first >= _SLIP_FROM or _sounds_like(ours[0], theirs[0]):
        return slip
    return Given.ALIKE if first >= _ALIKE_FROM or _one_letter(one, other) else Given.DIFFERENT


def _sounds_like(one: str, other: str) -> bool:
    return sound(one) == sound(other) and len(sound(one)) > 1


def _one_letter(one: str, other: str) -> bool:
    """Whether two short names differ in one letter."""
    return min(len(one), len(other)) == _SHORTEST_WITH_SLIP - 1 and OSA.distance(one, other, score_cutoff=1) == 1


def _begins(one: str, other: str) -> bool:
    """Whether one is the other cut short, as nicknames are that no list has."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and long.startswith(short)  # noqa: PLR2004 - `Al` begins too many names


def _ends(one: str, other: str) -> bool:
    """Whether one is the end of the other: Nando is Fernando, Lipe is Felipe."""
    short, long = sorted((one, other), key=len)
    return _SHORTEST_WITH_SLIP <= len(short) < len(long) and long.endswith(short)


def _any_related(ours: list[str], theirs: list[str]) -> bool:
    """Whether a second given name is the one that the other side goes by."""
    return any(related(one, other) for one in ours for other in theirs)


def _is_part(ours: list[str], theirs: list[str]) -> bool:
    """Whether all words of the shorter name stand in the longer one."""
    short, long = sorted((ours, theirs), key=len)
    return len(short) < len(long) and all(
        word in long or (len(word) == 1 and any(each[0] == word for each in long)) for word in short
    )


@lru_cache(maxsize=1 << 18)
def family_level(one: str, other: str) -> Family:
    """How two surnames agree."""
    if not one or not other:
        return Family.UNKNOWN
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return Family.SAME
    if _is_part(one.split(), other.split()):
        return Family.PART
    if _slipped(one, other) or _ends_by_gender(one, other) or _sounds_like(one, other):
        return Family.SLIP
    if not set(one.split()).isdisjoint(other.split()):
        return Family.PART
    alike = JaroWinkler.similarity(one, other) >= _ALIKE_FROM or _one_letter(one, other)
    return Family.ALIKE if alike else Family.DIFFERENT


def _ends_by_gender(one: str, other: str) -> bool:
    """`Kowalski` and `Kowalska`, `Ivanov` and `Ivanova`."""
    short, long = sorted((one, other), key=len)
    return long == short + "a" or (one[-1] in "aiy" and other[-1] in "aiy" and one[:-1] == other[:-1])


def _names(one: Person, other: Person) -> tuple[Given, Family, Order]:
    """Names in the order of the fields, or swapped if that fits better; a whole name written as one word fits, too."""
    given, family = given_level(one.given, other.given), family_level(one.family, other.family)
    if not (one.given and one.family and other.given and other.family):
        return _half_known(one, other, given, family)
    if family < Family.ALIKE and given < Given.ALIKE:
        return given, family, Order.SAME
    crossed = given_level(one.given, other.family), given_level(one.family, other.given)
    direct = _GOODNESS[given], _GOODNESS_OF_FAMILY[family]
    swapped = _GOODNESS[crossed[0]], _GOODNESS[crossed[1]]
    if max(swapped) >= _STRONG and sum(swapped) > sum(direct):
        return crossed[0], _AS_FAMILY[crossed[1]], Order.SWAPPED
    return _whole(one, other) if not any(direct) else (given, family, Order.SAME)


def _whole(one: Person, other: Person) -> tuple[Given, Family, Order]:
    if (one.given + one.family).replace(" ", "") == (other.given + other.family).replace(" ", ""):
        return Given.SAME, Family.SAME, Order.SAME
    return Given.DIFFERENT, Family.DIFFERENT, Order.SAME


def _half_known(one: Person, other: Person, given: Given, family: Family) -> tuple[Given, Family, Order]:
    """Where one side has a single name, it may stand in the wrong field, or be the whole name in one word."""
    if _is_whole(one, other) or _is_whole(other, one):
        return Given.SAME, Family.SAME, Order.SAME
    if given >= Given.ALIKE and not (one.family and other.family):
        single, full = (one, other) if not one.family else (other, one)
        crossed = family_level(single.given, full.family)
        if full.family and crossed <= Family.SLIP:
            return Given.UNKNOWN, crossed, Order.SWAPPED
    if family >= Family.ALIKE and not (one.given and other.given):
        single, full = (one, other) if not one.given else (other, one)
        crossed_given = given_level(single.family, full.given)
        if full.given and crossed_given <= Given.SLIP:
            return crossed_given, Family.UNKNOWN, Order.SWAPPED
    return given, family, Order.UNKNOWN


def _is_whole(single: Person, full: Person) -> bool:
    """Whether the only name of one side is both names of the other, in one word."""
    names = single.given or single.family
    whole = {f"{full.given}{full.family}", f"{full.family}{full.given}"}
    return bool(full.given and full.family) and names.replace(" ", "") in {name.replace(" ", "") for name in whole}


@lru_cache(maxsize=1 << 18)
def plain_level(one: str, other: str) -> Plain:
    """How two texts agree."""
    if not one or not other:
        return Plain.UNKNOWN
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return Plain.SAME
    if one.isdigit() and other.isdigit():
        return Plain.SLIP if OSA.distance(one, other, score_cutoff=1) == 1 else Plain.DIFFERENT
    if len(one) > 2 and (_slipped(one, other) or _begins(one, other)):  # noqa: PLR2004 - `NSW` and `NS` do not tell
        return Plain.SLIP
    return Plain.DIFFERENT


def email_level(one: Email | None, other: Email | None, is_shared: Callable[[str, str], bool]) -> Shared:
    """How two e-mail addresses agree. Tags and dots are levels of their own: nobody is rewritten."""
    if one is None or other is None:
        return Shared.UNKNOWN
    if one.address == other.address:
        return Shared.SHARED if one.is_role or is_shared("email", one.mailbox) else Shared.SAME
    if one.is_role or other.is_role:
        return Shared.DIFFERENT
    if one.mailbox == other.mailbox:
        return Shared.SHARED if is_shared("email", one.mailbox) or is_shared("email", other.mailbox) else Shared.VARIANT
    if one.bare == other.bare and len(one.bare) >= _SHORTEST_LOCAL:
        return Shared.SLIP
    near = OSA.distance(one.address, other.address, score_cutoff=2)
    return Shared.SLIP if near == 1 or (near == 2 and one.local == other.local) else Shared.DIFFERENT  # noqa: PLR2004


def phone_level(one: str, other: str, is_shared: Callable[[str, str], bool]) -> Shared:
    """How two phone numbers agree."""
    if not one or not other:
        return Shared.UNKNOWN
    if same_number(one, other):
        return Shared.SHARED if is_shared("phone", tail_of(one)) else Shared.SAME
    if same_subscriber(one, other):
        return Shared.VARIANT
    return Shared.SLIP if slip_in_number(one, other) else Shared.DIFFERENT


@lru_cache(maxsize=1 << 18)
def _streets(one: str, house: str, other: str, others_house: str) -> Shared:
    if (not one and not house) or (not other and not others_house):
        return Shared.UNKNOWN
    street = plain_level(one, other)
    if house == others_house:
        if street in {Plain.SAME, Plain.UNKNOWN}:
            return Shared.SAME
        return Shared.SLIP if street == Plain.SLIP or not _none_in_common(one, other) else Shared.DIFFERENT
    if street == Plain.SAME:
        return Shared.VARIANT if not house or not others_house else Shared.SLIP
    return Shared.DIFFERENT


def _none_in_common(one: str, other: str) -> bool:
    return set(one.split()).isdisjoint(other.split())


def street_level(one: Person, other: Person, is_shared: Callable[[str, str], bool]) -> Shared:
    """How two streets and house numbers agree."""
    level = _streets(one.street, one.house, other.street, other.house)
    if level == Shared.SAME and any(is_shared("street", each) for each in (*addresses_of(one), *addresses_of(other))):
        return Shared.SHARED
    return level


@lru_cache(maxsize=1 << 18)
def birth_level(one: str, other: str) -> Birth:
    """How two dates of birth agree."""
    if not one or not other:
        return Birth.UNKNOWN
    if one == other:
        return Birth.SAME
    if OSA.distance(one, other, score_cutoff=1) == 1 or one == other[:4] + other[6:] + other[4:6]:
        return Birth.SLIP
    apart = abs(int(one[:4]) - int(other[:4]))
    if apart == 0 and (one[4:6] == other[4:6] or one[6:] == other[6:]):
        return Birth.SLIP
    return Birth.GENERATION if _GENERATION_YEARS <= apart <= _OLDEST and one[4:] != other[4:] else Birth.DIFFERENT


def _generations(one: Person, other: Person) -> Plain:
    if one.generation == other.generation:
        return Plain.SAME if one.generation else Plain.UNKNOWN
    return Plain.DIFFERENT if one.generation and other.generation else Plain.SLIP


def _countries(one: str, other: str) -> Plain:
    """A code against a name that nobody knows says nothing."""
    return plain_level(one, other) if (len(one) == 2) == (len(other) == 2) else Plain.UNKNOWN  # noqa: PLR2004 - a code


def _is_made_of_names(person: Person) -> bool:
    """Whether an address is somebody's name: two people of one name have such at two providers."""
    assert person.email is not None  # noqa: S101 - for the type checker
    local = "".join(each for each in folded(person.email.bare) if each.isalpha())
    return bool(person.family) and person.family.replace(" ", "") in local


def compared(one: Person, other: Person, is_shared: Callable[[str, str], bool]) -> Levels:
    """The level of each of `levels.FIELDS`. `is_shared(field, value)`: whether people of different names have it."""
    given, family, order = _names(one, other)
    if order and one.is_swapped != other.is_swapped:
        order = Order.SWAPPED if order == Order.SAME else Order.SAME
    email = email_level(one.email, other.email, is_shared)
    if email == Shared.SLIP and family in _SAME_NAME and _is_made_of_names(one):
        email = Shared.DIFFERENT
    return (
        int(given),
        int(family),
        int(order),
        int(email),
        int(phone_level(one.phone, other.phone, is_shared)),
        int(street_level(one, other, is_shared)),
        place_level(plain_level(one.postcode, other.postcode), plain_level(one.city, other.city)),
        int(plain_level(one.state, other.state)),
        int(_countries(one.country, other.country)),
        int(birth_level(one.birth_date, other.birth_date)),
        int(_generations(one, other)),
        int(plain_level(one.personal_id, other.personal_id)),
    )
