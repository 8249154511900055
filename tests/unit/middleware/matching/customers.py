# ruff: noqa: E501, RUF001, SIM905 - names stand in rows, one row a language, and Cyrillic is meant
"""Made-up customers of several tools in nine languages, with what makes them hard to match. The same each time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from middleware.identity.matching.records import PersonRecord

SOURCES = ("shop", "crm", "desk", "mail", "leads")
ROLES = ("info", "office", "contact", "hello")
MAILS = ("gmail.com", "web.de", "outlook.com", "yahoo.com", "mail.ru", "orange.fr", "libero.it")


@dataclass(frozen=True)
class Land:
    """Names, places and telephone of one language."""

    country: str
    code: str
    given: tuple[str, ...]
    """Each `formal/nickname`, or a name without one."""
    family: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]


def _land(country: str, code: str, given: str, family: str, streets: str, cities: str) -> Land:
    parts = [tuple(text.split(",")) for text in (given, family, streets, cities)]
    return Land(country, code, *parts)


LANDS = (
    _land("US", "1", "William/Bill,Robert/Bob,Elizabeth/Liz,Margaret/Peggy,James/Jim,Katherine/Kate,Susan/Sue,Edward/Ted,"
          "Olivia,Emma,Laura,Grace,Henry,Noah,Ruth,Alice", "Smith,Johnson,Brown,Walker,Abernathy,Thistlewood,Green,Clark,Young,Fitzgerald",
          "Main Street,Oak Avenue,Maple Drive,Church Road,Elm Court", "Springfield,Dayton,Albany,Salem"),
    _land("DE", "49", "Johannes/Hans,Katharina/Kathi,Friedrich/Fritz,Margarete/Grete,Jürgen,Jörg,Günther,Matthias/Matze,"
          "Sabine,Susanne/Susi,Heike,Uwe,Birgit,Dirk,Anja,Felix,Lukas", "Müller,Schröder,Groß,Weiß,Schäfer,Krüger,Hoffmann,Maurer,Böhm,Oßwald",
          "Hauptstraße,Gartenweg,Schillerstraße,Bahnhofstr.,Lindenallee", "München,Köln,Düsseldorf,Berlin"),
    _land("FR", "33", "Frédéric/Fred,Catherine/Cathy,Stéphane,Élodie,François,Philippe/Phil,Hélène,Benoît/Ben,Aurélie,"
          "Jean-Pierre,Manon,Louis,Claire,Hugo,Inès,Julien", "Martin,Lefèvre,Dubois,Moreau,Garçon,Beaulieu,Petit,Rousseau,Fournier,Chevalier",
          "rue Victor Hugo,avenue Foch,rue de la Paix,boulevard Voltaire", "Lyon,Nîmes,Orléans,Paris"),
    _land("ES", "34", "José/Pepe,Francisco/Paco,Dolores/Lola,Ignacio/Nacho,María Teresa/Maite,Jesús,Guadalupe/Lupe,"
          "Enrique/Quique,Lucía,Begoña,Carmen,Pablo,Raquel,Marcos,Elena,Sergio", "García López,Fernández Ruiz,Muñoz Gil,Ibáñez Soto,Núñez Vega,Peña Cruz,Sáez Mora",
          "Calle Mayor,Avenida de la Constitución,Calle del Sol,Plaza España", "Madrid,Sevilla,Málaga,León"),
    _land("IT", "39", "Giuseppe/Beppe,Luigi/Gigi,Francesca/Franca,Alessandro/Sandro,Vincenzo/Enzo,Chiara,Niccolò,"
          "Giovanni/Gianni,Elisabetta/Betta,Paola,Marco,Laura,Andrea,Simona,Davide,Silvia", "Rossi,Bianchi,D'Angelo,De Luca,Esposito,Colombo,Marchetti,Zanella",
          "Via Roma,Via Garibaldi,Corso Italia,Viale Dante", "Milano,Torino,Forlì,Napoli"),
    _land("BR", "55", "José/Zé,Francisco/Chico,Antônio/Tonho,Eduardo/Dudu,João,Conceição,Beatriz/Bia,Sebastião/Tião,"
          "Gabriela/Gabi,Márcia,Paula,Tiago,Renata,Marcos,Luana,Vitor", "da Silva,dos Santos,Gonçalves,Araújo,Magalhães,Nóbrega,Teixeira,Figueiró",
          "Rua das Flores,Avenida Brasil,Rua São João,Rua XV de Novembro", "São Paulo,Curitiba,Goiânia,Maceió"),
    _land("NL", "31", "Johannes/Jan,Cornelis/Kees,Hendrik/Henk,Wilhelmina/Willy,Margaretha/Greet,Petrus/Piet,Sanne,"
          "Jacobus/Koos,Daan,Femke,Bram,Lotte,Sven,Eva,Ruben,Iris", "de Jong,van den Berg,Bakker,Visser,van Dijk,Meijer,Mulder,Hoekstra,Zijlstra",
          "Kerkstraat,Dorpsstraat,Molenweg,Prinsengracht", "Amsterdam,Utrecht,Breda,Zwolle"),
    _land("PL", "48", "Katarzyna/Kasia,Małgorzata/Gosia,Stanisław/Staszek,Krzysztof/Krzysiek,Aleksandra/Ola,Łukasz,"
          "Jakub/Kuba,Wojciech/Wojtek,Michał,Zofia/Zosia,Adam,Ewa,Marta,Rafał,Iwona,Karol", "Kowalski,Wiśniewski,Wójcik,Łuczak,Żak,Dąbrowski,Szymański,Kaźmierczak",
          "ul. Długa,ul. Mickiewicza,ul. Polna,ul. Słoneczna", "Kraków,Łódź,Wrocław,Gdańsk"),
    _land("RU", "7", "Александр/Саша,Екатерина/Катя,Дмитрий/Дима,Мария/Маша,Сергей/Серёжа,Наталья/Наташа,Юлия,Иван/Ваня,"
          "Ольга/Оля,Михаил/Миша,Вера,Олег,Нина,Игорь,Лариса,Антон", "Иванов,Смирнов,Кузнецов,Щербаков,Юдин,Жуков,Чехов,Хрулёв",
          "ул. Ленина,Садовая ул.,Невский пр.,ул. Мира", "Москва,Казань,Самара,Пермь"),
)  # fmt: skip

_PLAIN = str.maketrans("äöüéèêëáàâãåíìîóòôõúùûñçłśżźćąęń", "aoueeeeaaaaaiiioooouuuncl" + "szzcaen")
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya".split(" "),
        strict=True,
    )
)


def plain(text: str) -> str:
    """A text as somebody types it who has no such letters."""
    latin = "".join(_CYRILLIC.get(each, each) for each in text.lower())
    return latin.replace("ß", "ss").translate(_PLAIN)


_BEGINNINGS = "ba be bo bra da dro fa fre ga gro ka kle la lo ma mo na pe po ra ro sa ste ta tro va vo".split()
_MIDDLES = "b d g k l lb ld lk lt m n nd nt r rb rd rk rm rt s st t v z".split()
ENDINGS = {
    "US": ("erton", "ley", "ings", "wood"), "DE": ("mann", "inger", "bauer", "feld"), "FR": ("ault", "ier", "eau", "elle"),
    "ES": ("ez", "ero", "ales", "ido"), "IT": ("etti", "ini", "accio", "one"), "BR": ("eira", "ares", "inho", "al"),
    "NL": ("stra", "sma", "huis", "veld"), "PL": ("owski", "czak", "ewicz", "ik"), "RU": ("ov", "enko", "in", "uk"),
}  # fmt: skip
_TO_CYRILLIC = str.maketrans("abdefgiklmnoprstuvzBDFGKLMNPRSTV", "абдефгиклмнопрстувзБДФГКЛМНПРСТВ")


class Customers:
    """Customers with their records in several tools."""

    def __init__(self, people: int, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311 - made-up customers, the same each time
        self.records: list[PersonRecord] = []
        self.truth: list[str] = []
        person = 0
        while person < people:
            land = self._random.choice(LANDS)
            for full, nickname in self._household(land):
                self._write_down(full, nickname, str(person))
                person += 1

    def _household(self, land: Land) -> Iterator[tuple[PersonRecord, str]]:
        """One person, a family of two to four that shares what families share, or a father and son of one name."""
        random = self._random
        first, nickname = self._person(land, year=random.randint(1945, 2004))
        yield first, nickname
        kind = random.random()
        if kind < 0.55:
            return
        if kind < 0.57:
            son = self._person(land, year=int(first.birth_date[:4]) + random.randint(20, 35))[0]
            own = {"email": son.email, "phone": son.phone} if random.random() < 0.7 else {}
            yield replace(first, birth_date=son.birth_date, **own), nickname
            return
        names = {first.first_name}
        for _ in range(random.randint(1, 3)):
            other, others_nickname = self._person(land, year=random.randint(1945, 2004))
            if other.first_name in names:
                continue
            names.add(other.first_name)
            same_home = {
                "street": first.street,
                "city": first.city,
                "postcode": first.postcode,
                "last_name": first.last_name,
            }
            shared = {"email": first.email} if random.random() < 0.5 else {}
            shared |= {"phone": first.phone} if random.random() < 0.5 else {}
            yield replace(other, **same_home, **shared), others_nickname

    def _person(self, land: Land, year: int) -> tuple[PersonRecord, str]:
        random = self._random
        given, _, nickname = random.choice(land.given).partition("/")
        family = random.choice(land.family)
        if random.random() < 0.7:
            family = random.choice(_BEGINNINGS).title() + random.choice(_MIDDLES) + random.choice(ENDINGS[land.country])
            family = family if land.country != "RU" else family.translate(_TO_CYRILLIC)
        local = f"{plain(given)}.{plain(family)}".replace(" ", "").replace("'", "")
        email = f"{local}{random.choice(('', str(random.randint(1, 99))))}@{random.choice(MAILS)}"
        if random.random() < 0.04:
            email = f"{random.choice(ROLES)}@firm{random.randint(1, 20)}.com"
        area = "119" if land.code == "55" else str(random.randint(150, 799))
        phone = f"+{land.code}{area}{random.randint(10_000_000, 99_999_999) if land.code == '55' else random.randint(1_000_000, 9_999_999)}"
        born = f"{year}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        street = f"{random.choice(land.streets)} {random.randint(1, 180)}"
        city = random.choice(land.cities)
        code = f"{10 + LANDS.index(land) * 7 + land.cities.index(city)}{random.randint(100, 160)}"
        person = PersonRecord(given, family, email, phone, street, city, code, "", land.country, born)
        return person, nickname

    def _write_down(self, full: PersonRecord, nickname: str, name: str) -> None:
        random = self._random
        for source in random.sample(SOURCES, random.choice((1, 2, 2, 3, 4))):
            record = replace(full, source=source)
            for change in random.sample(_CHANGES, random.choice((0, 1, 1, 2))):
                record = change(random, record, nickname)
            self.records.append(_with_gaps(random, record))
            self.truth.append(name)


def slip(random: Random, text: str) -> str:
    """One letter lost, doubled, or two swapped."""
    if len(text) < 4:
        return text
    at = random.randrange(1, len(text) - 1)
    return random.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _nickname(_: Random, record: PersonRecord, nickname: str) -> PersonRecord:
    return replace(record, first_name=nickname or record.first_name)


def _plain(_: Random, record: PersonRecord, __: str) -> PersonRecord:
    return replace(record, first_name=plain(record.first_name).title(), last_name=plain(record.last_name).upper())


def _slip_in_name(random: Random, record: PersonRecord, _: str) -> PersonRecord:
    return replace(record, first_name=slip(random, record.first_name), last_name=slip(random, record.last_name))


def _swapped(_: Random, record: PersonRecord, __: str) -> PersonRecord:
    return replace(record, first_name=record.last_name, last_name=record.first_name)


def _joined(_: Random, record: PersonRecord, __: str) -> PersonRecord:
    return replace(record, first_name=f"{record.first_name} {record.last_name}", last_name="")


def _moved(random: Random, record: PersonRecord, _: str) -> PersonRecord:
    return replace(
        record,
        street=f"New Lane {random.randint(1, 900)}",
        city="Elsewhere",
        postcode=str(random.randint(90000, 99999)),
    )


def _other_email(random: Random, record: PersonRecord, _: str) -> PersonRecord:
    initials = plain(record.first_name)[:1] + plain(record.last_name).replace(" ", "")
    return replace(record, email=f"{initials}{random.randint(1, 9999)}@{random.choice(MAILS)}")


def _tagged(_: Random, record: PersonRecord, __: str) -> PersonRecord:
    return replace(record, email=record.email.replace("@", "+shop@").upper())


def _local_phone(_: Random, record: PersonRecord, __: str) -> PersonRecord:
    if record.phone.startswith("+55"):
        return replace(record, phone=record.phone[:5] + record.phone[6:])
    if record.phone.startswith("+1"):
        return record
    return replace(record, phone="0" + record.phone[3:6] + " / " + record.phone[6:])


def _slip_in_numbers(random: Random, record: PersonRecord, _: str) -> PersonRecord:
    return replace(record, birth_date=record.birth_date[:-1] + "3", postcode=slip(random, record.postcode))


_CHANGES = (
    _nickname, _plain, _slip_in_name, _swapped, _joined, _moved, _other_email, _tagged, _local_phone, _slip_in_numbers
)  # fmt: skip


def _with_gaps(random: Random, record: PersonRecord) -> PersonRecord:
    """What a tool does not ask for is missing; a lead form knows two fields only."""
    if record.source == "leads":
        kept = random.choice(
            (("email", "first_name"), ("phone", "last_name"), ("email", "phone"), ("last_name", "email"))
        )
        return PersonRecord(source="leads", **{name: getattr(record, name) for name in kept})
    lost = [name for name in ("email", "phone", "street", "birth_date", "country", "city") if random.random() < 0.3]
    if record.source == "mail":
        lost += ["street", "postcode", "phone", "birth_date"]
    return replace(record, **dict.fromkeys(lost, ""))
