"""Settings: every wrong file is refused with the file, the key and what to write; secrets are shown nowhere."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from middleware.errors import SettingsError
from middleware.from_settings import accounts_of
from middleware.settings import CONFIG_VARIABLE, GivenSettings, Settings, key_hash, load_settings

BRAND = """
[brands.glow]
database = "throughline_glow"
"""
ACCOUNT = """
[brands.glow.accounts.page]
connector = "messenger"
id = "1001"
token = "a-token-from-the-file"
secrets = ["a-secret-from-the-file"]
verify_token = "a-word-from-the-file"
"""
HASH = key_hash("a-client-key")
SECRETS = ("a-token-from-the-file", "a-secret-from-the-file", "a-word-from-the-file")

Load = Callable[..., Settings]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings file, named by the environment."""
    path = tmp_path / "throughline.toml"
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    return path


@pytest.fixture
def load(config: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load settings from a text and an environment."""

    def loaded(text: str = BRAND + ACCOUNT, **environment: str) -> Settings:
        config.write_text(text, encoding="utf-8")
        for name, value in environment.items():
            monkeypatch.setenv(f"THROUGHLINE_{name}", value)
        return load_settings()

    return loaded


def client(**fields: str) -> str:
    """A client's table."""
    known = {"key_hash": f'"{HASH}"', "brands": '["glow"]', **fields}
    return BRAND + "[clients.bot]\n" + "\n".join(f"{key} = {value}" for key, value in known.items())


PASSED = (
    ACCOUNT
    + """
pass_to = "https://bot.example/webhook?key=1"
pass_secret = "a-secret-of-at-least-thirty-two-bytes"
"""
)


def test_a_bot_behind_an_account(load: Load) -> None:
    """What stands in the settings is on the account; the secret and the address are shown nowhere."""
    (account,) = accounts_of(load(BRAND + PASSED))
    assert account.pass_to is not None
    assert account.pass_to.url == "https://bot.example/webhook?key=1"
    assert account.pass_to.context == "header"
    assert account.pass_to.blocks == {"orders", "cart", "ad_click", "product", "history"}
    assert "thirty-two" not in repr(account)
    assert "bot.example" not in repr(account)
    (none,) = accounts_of(load(BRAND + PASSED.replace("pass_secret", "#pass_secret") + 'pass_context = "none"'))
    assert none.pass_to is not None
    assert none.pass_to.secret is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("thirty-two-bytes", "x"), "pass_secret: signs the context"),
        (('pass_secret = "a-secret-of-at-least-thirty-two-bytes"', ""), "openssl rand -hex 32"),
        (("https://bot.example/webhook?key=1", "bot.example"), "pass_to: write something like"),
        (('secrets = ["a-secret-from-the-file"]', ""), "pass_to needs secrets"),
        (('connector = "messenger"', 'connector = "shopify"'), "no bot takes the webhooks of shopify"),
        (('pass_to = "https://bot.example/webhook?key=1"', ""), "pass_secret: without pass_to there is no bot"),
        (("pass_secret", 'pass_blocks = ["everything"]\npass_secret'), "no such block: everything"),
    ],
)
def test_a_bot_that_cannot_be_reached_or_trusted(load: Load, change: tuple[str, str], says: str) -> None:
    """What is missing or impossible is refused, with what to write."""
    before, after = change
    assert before in PASSED
    with pytest.raises(SettingsError) as refused:
        load(BRAND + PASSED.replace(before, after, 1))
    assert says in str(refused.value)
    assert "thirty-two-bytes" not in str(refused.value)


SITE = """
[brands.glow.accounts.site]
connector = "webchat"
id = "glow-site"
origins = ["https://www.glow.example", "http://127.0.0.1:8000"]
"""

SHOPS = tuple(
    f'[brands.glow.accounts.{name}]\nconnector = "shopify"\nid = "{name}.myshopify.com"\n' for name in ("a", "b")
)
SITE_OF_B = SITE + 'shop = "b.myshopify.com"\n'

WRONG: list[tuple[str, str, str]] = [
    (BRAND + SITE.replace("glow-site", "a|b"), "accounts.site", "stands in web addresses"),
    (BRAND + SITE + 'secrets = ["only-31-bytes-are-not-enough-ok"]\n', "accounts.site", "at least 32 bytes"),
    (BRAND + SITE.partition("origins")[0], "accounts.site", "name the pages that may use it"),
    (BRAND + SITE.replace("glow.example", "glow.example/"), "accounts.site.origins.0", "scheme and host, no path"),
    (BRAND + ACCOUNT + 'origins = ["https://a.example"]\n', "accounts.page", "a messenger account has none"),
    (BRAND + SITE + "messages_per_second = 1001\n", "accounts.site", "less than or equal to 1000"),
    ("[server]\nproxies = -1\n", "server.proxies", "greater than or equal to 0"),
    # what stands in the file, the key, what to write
    ("colour = 1", "colour", "throughline.example.toml"),
    ("[server]\nprot = 80", "server.prot", "throughline.example.toml"),
    ("[server]\nport = 70000", "server.port", "65535"),
    ("[server]\nport = -1", "server.port", "greater than or equal to 0"),
    ('[server]\nport = "http"', "server.port", "integer"),
    ('environment = "prod"', "environment", "'production'"),
    ('environment = "production"', "store.uri", 'uri = "mongodb://..."'),
    ("[worker]\nconcurrency = 0", "worker.concurrency", "greater than or equal to 1"),
    ('[worker]\nlease = "soon"', "worker.lease", '"15m"'),
    ("[worker]\nlease = 15", "worker.lease", '"15m"'),
    ('[worker]\nlease = "99999999999999d"', "worker.lease", '"30d"'),
    ('[worker]\nlease = "9s"\nsend_timeout = "8s"', "send_timeout", "8s and 15s"),
    ("[jobs]\nconcurrency = 0", "jobs.concurrency", "greater than or equal to 1"),
    ("[jobs]\nattachment_megabytes = 1000", "jobs.attachment_megabytes", "less than or equal to 100"),
    (
        BRAND + ACCOUNT.replace("messenger", "whatsapp") + "sender_profiles = true",
        "brands.glow.accounts.page",
        "remove it",
    ),
    ('[store]\ncommon_database = "a/b"', "store.common_database", "letters, digits"),
    ("[brands.glow]", "brands.glow.database", "add it"),
    ('[brands."My Shop"]\ndatabase = "x"', "brands.My Shop", "small letters"),
    ('[brands.glow]\ndatabase = "a b"', "brands.glow.database", "letters, digits"),
    ('[brands.glow]\ndatabase = "admin"', "brands.glow.database", "admin"),
    ('[brands.glow]\ndatabase = "x"\ntime_zone = "Madrid"', "brands.glow.time_zone", '"Europe/Madrid"'),
    ('[brands.glow]\ndatabase = "x"\nlocale = "English"', "brands.glow.locale", '"en"'),
    ('[brands.glow]\ndatabase = "x"\ncountry = "Spain"', "brands.glow.country", '"DE"'),
    ('[brands.glow]\ndatabase = "x"\nreply_max_age = "15"', "brands.glow.reply_max_age", '"15m"'),
    (BRAND + "[brands.glow.products.ad]\n", "brands.glow.products.ad", "write a title"),
    (BRAND + ACCOUNT + 'tokn = "x"', "brands.glow.accounts.page.tokn", "throughline.example.toml"),
    (BRAND + "[brands.glow.accounts.page]\nid = '1'", "brands.glow.accounts.page.connector", "add it"),
    (BRAND + ACCOUNT.replace("messenger", "telegram"), "brands.glow.accounts.page.connector", "'whatsapp'"),
    (BRAND + ACCOUNT.replace('"1001"', '""'), "brands.glow.accounts.page.id", "at least 1 character"),
    (BRAND + ACCOUNT.replace('"1001"', "1001"), "brands.glow.accounts.page.id", "string"),
    (BRAND + ACCOUNT + 'api_version = "26"', "brands.glow.accounts.page.api_version", '"v26.0"'),
    (BRAND + ACCOUNT + 'base_url = "graph"', "brands.glow.accounts.page.base_url", "https://"),
    (BRAND + ACCOUNT + 'storefront = "glow.example"', "brands.glow.accounts.page.storefront", "https://"),
    (
        BRAND + ACCOUNT.replace('"a-token-from-the-file"', '{ path = "/x" }'),
        "brands.glow.accounts.page.token",
        '{ file = "/path/to/secret" }',
    ),
    (
        BRAND + ACCOUNT.replace('"a-token-from-the-file"', '{ file = "/nowhere/at/all" }'),
        "brands.glow.accounts.page.token",
        "/nowhere/at/all",
    ),
    (
        BRAND + ACCOUNT.replace('["a-secret-from-the-file"]', '[{ file = "/nowhere/at/all" }]'),
        "brands.glow.accounts.page.secrets",
        "/nowhere/at/all",
    ),
    (
        BRAND + ACCOUNT.replace('["a-secret-from-the-file"]', '"a-secret-from-the-file"'),
        "brands.glow.accounts.page.secrets",
        "[",
    ),
    (BRAND + '[brands.other]\ndatabase = "throughline_glow"', "brands.other.database", "a database of its own"),
    (BRAND + '[brands.other]\ndatabase = "Throughline_Glow"', "brands.other.database", "a database of its own"),
    (BRAND + '[store]\ncommon_database = "throughline_glow"', "brands.glow.database", "a database of its own"),
    (
        BRAND + ACCOUNT + ACCOUNT.replace("accounts.page", "accounts.again"),
        "brands.glow.accounts.again.id",
        "brands.glow.accounts.page",
    ),
    (
        BRAND + ACCOUNT + '[brands.other]\ndatabase = "x"\n' + ACCOUNT.replace("brands.glow", "brands.other"),
        "brands.other.accounts.page.id",
        "an account belongs to one brand",
    ),
    (BRAND + ACCOUNT + "messages_per_second = 301\n", "brands.glow.accounts.page", "at most 300 on messenger"),
    (BRAND + ACCOUNT + "messages_per_second = 0\n", "page.messages_per_second", "greater than or equal to 0.1"),
    (client(brands='["glow", "glwo"]'), "clients.bot.brands", "write some of glow"),
    (client(blocks='["orders", "addresses"]'), "clients.bot", "write some of orders, cart"),
    (client(key_hash='"a-client-key"'), "clients.bot.key_hash", "throughline key"),
]


@pytest.mark.parametrize(("text", "key", "advice"), WRONG, ids=[f"{key}: {text[-25:]!r}" for text, key, _ in WRONG])
def test_a_wrong_file_is_refused_with_its_place(config: Path, load: Load, text: str, key: str, advice: str) -> None:
    """The message names the file and the key, and says what to write instead."""
    with pytest.raises(SettingsError) as refused:
        load(text)
    said = str(refused.value)
    assert str(config) in said
    assert key in said
    assert advice in said
    assert not any(secret in said for secret in SECRETS)


def test_everything_that_is_wrong_is_said_at_once(load: Load) -> None:
    """One line for each thing: nobody mends a file key by key."""
    with pytest.raises(SettingsError) as refused:
        load('[server]\nport = -1\n[worker]\nlease = "soon"\n[brands.glow]\n')
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["server.port", "worker.lease", "brands.glow.database"]


@pytest.mark.parametrize("content", [b"port = ", b"[server", b"\xff\xfe", b"a = 1\na = 2"])
def test_what_is_no_toml_is_refused(config: Path, content: bytes) -> None:
    """The message says so, with the file."""
    config.write_bytes(content)
    with pytest.raises(SettingsError, match="no valid TOML"):
        load_settings()


def test_a_file_that_is_named_but_not_there_is_refused(config: Path) -> None:
    """Whoever names a file means it."""
    with pytest.raises(SettingsError, match="there is no such file") as refused:
        load_settings()
    assert str(config) in str(refused.value)


def test_a_folder_is_no_settings_file(config: Path) -> None:
    """A folder in the place of the file is not taken for an empty one."""
    config.mkdir()
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(config) in str(refused.value)


def test_no_file_at_all_is_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file in the working directory everything has its default."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.environment, settings.server.port, settings.brands) == ("development", 8080, {})


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("300ms", timedelta(milliseconds=300)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24 h", timedelta(hours=24)),
        (" 30d ", timedelta(days=30)),
    ],
)
def test_durations_are_written_with_their_unit(load: Load, text: str, duration: timedelta) -> None:
    """Each unit means what it says."""
    loaded = load(f'[brands.glow]\ndatabase = "x"\nlink_lifetime = "{text}"')
    assert loaded.brands["glow"].link_lifetime == duration


def test_the_environment_wins_over_the_file(load: Load) -> None:
    """A variable replaces one key; its neighbours in the file stay."""
    settings = load("[server]\nport = 8000\nhost = '0.0.0.0'\n", SERVER__PORT="8081")
    assert (settings.server.port, settings.server.host) == (8081, "0.0.0.0")  # noqa: S104 - only read


def test_the_environment_reaches_into_accounts(load: Load) -> None:
    """One account's token from the environment, everything else of it from the file; digits stay text."""
    settings = load(
        BRANDS__GLOW__ACCOUNTS__PAGE__TOKEN="20261105",
        BRANDS__GLOW__ACCOUNTS__PAGE__SECRETS='["one", "two"]',
        BRANDS__GLOW__REPLY_MAX_AGE="20m",
    )
    account = settings.brands["glow"].accounts["page"]
    assert account.token == SecretStr("20261105")
    assert account.secrets == (SecretStr("one"), SecretStr("two"))
    assert account.verify_token == SecretStr("a-word-from-the-file")
    assert (account.id, settings.brands["glow"].reply_max_age) == ("1001", timedelta(minutes=20))


def test_the_environment_can_add_an_account(load: Load) -> None:
    """A whole account without a line in the file."""
    settings = load(
        BRAND, BRANDS__GLOW__ACCOUNTS__SHOP__CONNECTOR="shopify", BRANDS__GLOW__ACCOUNTS__SHOP__ID="glow.myshopify.com"
    )
    assert settings.brands["glow"].accounts["shop"].id == "glow.myshopify.com"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SERVER", "not a table"),
        ("BRANDS", "{not json"),
        ("BRANDS__GLOW__ACCOUNTS__PAGE__SECRETS", "a-lone-secret"),
        ("SERVER__PORT", "http"),
        ("SERVER__PROT", "80"),
        ("STORE_URI", "mongodb://example"),
        ("ENVIROMENT", "production"),
    ],
)
def test_a_wrong_variable_is_refused(load: Load, variable: str, value: str) -> None:
    """A value that cannot be read and a name that does not exist: both are said, and the value is not."""
    with pytest.raises(SettingsError) as refused:
        load(BRAND + ACCOUNT, **{variable: value})
    assert "a-lone-secret" not in str(refused.value)
    assert variable.partition("__")[0].lower() in str(refused.value).lower()


def test_secrets_can_stand_in_files(load: Load, tmp_path: Path) -> None:
    """The content without its final line break, whatever spaces it has inside."""
    secret = tmp_path / "secret"
    secret.write_text(" a secret with spaces \r\n", encoding="utf-8")
    named = f'{{ file = "{secret}" }}'
    settings = load(
        BRAND
        + ACCOUNT.replace('"a-token-from-the-file"', named)
        .replace('["a-secret-from-the-file"]', f'["plain", {named}]')
        .replace('"a-word-from-the-file"', named)
    )
    account = settings.brands["glow"].accounts["page"]
    expected = SecretStr(" a secret with spaces ")
    assert (account.token, account.verify_token, account.secrets) == (
        expected,
        expected,
        (SecretStr("plain"), expected),
    )


def test_production_is_content_with_a_real_store(load: Load) -> None:
    """With a uri production starts."""
    settings = load('environment = "production"\n[store]\nuri = "mongodb://user:password@db/?replicaSet=rs0"')
    assert settings.environment == "production"


def test_secrets_are_shown_nowhere(load: Load) -> None:
    """Neither settings nor the accounts made of them show a secret, in whatever way they are printed."""
    settings = load(BRAND + ACCOUNT + '[store]\nuri = "mongodb://user:a-password@db/"')
    shown = "".join(
        f"{each!r}{each!s}{each}" for each in (settings, *accounts_of(settings), settings.model_dump(mode="json"))
    )
    assert not any(secret in shown for secret in (*SECRETS, "a-password"))


def _given(**account: Any) -> dict[str, Any]:
    known = {"connector": "messenger", "id": "1001", "token": "a-token-from-the-file", **account}
    return {"brands": {"glow": {"database": "x", "accounts": {"page": known}}}}


def test_given_settings_read_no_file_and_no_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a caller gives is all there is."""
    config.write_text("[server]\nport = 1\n", encoding="utf-8")
    monkeypatch.setenv("THROUGHLINE_SERVER__PORT", "2")
    settings = GivenSettings(**_given())
    assert settings.server.port == 8080
    assert settings.brands["glow"].accounts["page"].token == SecretStr("a-token-from-the-file")


@pytest.mark.parametrize(
    "wrong",
    [{"token": ["a-token-from-the-file"]}, {"secrets": "a-secret-from-the-file"}, {"toke": "a-token-from-the-file"}],
)
def test_given_settings_that_are_wrong_show_no_secret(wrong: dict[str, Any]) -> None:
    """Settings given in code end in an error too, and it must not carry the value into a log."""
    with pytest.raises(ValidationError) as refused:
        GivenSettings(**_given(**wrong))
    shown = f"{refused.value!s}{refused.value!r}"
    assert not any(secret in shown for secret in SECRETS)


def test_a_key_is_known_by_its_hash_only() -> None:
    """SHA-256, with its name in front (the digest is that of the empty string, as published in FIPS 180-4 examples)."""
    assert key_hash("") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("connector", "said", "asks"),
    [
        ("messenger", "", True),
        ("instagram", "sender_profiles = true", True),
        ("messenger", "sender_profiles = false", False),
        ("whatsapp", "", False),
        ("shopify", "sender_profiles = false", False),
    ],
)
def test_senders_are_asked_about_wherever_that_can_be(load: Load, *, connector: str, said: str, asks: bool) -> None:
    """By default on where the platform offers it, off where an account says so."""
    settings = load(BRAND + ACCOUNT.replace("messenger", connector) + said)
    assert settings.brands["glow"].accounts["page"].asks_for_profiles is asks


@pytest.mark.parametrize(
    ("more", "shop"),
    [
        ("", None),
        (SHOPS[0], "a.myshopify.com"),
        (SHOPS[0] + SHOPS[1], None),
        (SHOPS[0] + SHOPS[1] + SITE_OF_B, "b.myshopify.com"),
    ],
)
def test_a_sites_tokens_name_customers_of_a_shop_that_is_certain(load: Load, more: str, shop: str | None) -> None:
    """The shop that is named, else the brand's only one, else none."""
    text = BRAND + more if SITE_OF_B in more else BRAND + more + SITE
    accounts = accounts_of(load(text))
    assert next(each for each in accounts if each.connector == "webchat").shop == shop
    assert all(each.shop is None for each in accounts if each.connector != "webchat")
