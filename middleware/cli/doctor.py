"""`throughline doctor` and `throughline migrate`: is everything as it must be, and if not, what to do."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from connectors.samples import SAMPLES, SampleRequest, signed
from middleware.bootstrap.building import Installation, opened
from middleware.cli.output import print_json, reasons, shown
from middleware.cli.users import add_first_admin
from middleware.domain.candidates import KEPT_DAYS, RuleRecord
from middleware.domain.identifiers import Level
from middleware.errors import ThroughlineError
from middleware.from_settings import flows_of, rules_of
from middleware.identity.candidates import RULE as SIMILAR
from middleware.pipeline.recommending.rules import unknown_in
from middleware.pipeline.records import records
from middleware.pipeline.releases.parts import in_words
from middleware.ports import Account, WebhookRequest
from middleware.settings import Settings, config_path, load_settings

_SHORTEST_SECRET = 16

_NAMED = 5
"""Products that a finding names, of however many."""

_MAPPED = frozenset({"generic", "csv"})
"""Connectors whose accounts need a mapping of their own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` says what to do about it, if there is anything to do."""

    what: str
    state: str
    detail: str
    fix: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON")] = False,
    first_admin: Annotated[
        bool, typer.Option("--first-admin", help="Add the first admin of the console, and print their link this once")
    ] = False,
) -> None:
    """Check settings, store, accounts and flows. Exit code 1 if something has to be mended."""
    if first_admin:
        with reasons():
            asyncio.run(add_first_admin(as_json=as_json))
        return
    findings = asyncio.run(_findings())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = {"ok": "[green]ok[/]  ", "note": "[yellow]note[/]"}.get(finding.state, "[red]bad[/] ")
            shown.print(f"{mark} {escape(finding.what)}: {escape(finding.detail)}")
            if finding.fix:
                shown.print(f"     -> {escape(finding.fix)}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Print what was created as JSON")] = False,
) -> None:
    """Create what is missing in the databases. Running it again changes nothing."""
    with reasons():
        created = asyncio.run(_migrate(load_settings()))
    if as_json:
        print_json(created)
        return
    for database, names in created.items():
        shown.print(f"{database}: {', '.join(names) if names else 'complete already'}")


async def _migrate(settings: Settings) -> dict[str, list[str]]:
    async with opened(settings) as here:
        return await here.store.ensure()


async def _findings() -> list[Finding]:
    findings = [Finding("Python", "ok", sys.version.split()[0])]
    try:
        settings = load_settings()
    except ThroughlineError as error:
        fix = "mend the file; throughline.example.toml explains every key"
        return [*findings, Finding("settings", "bad", str(error), fix)]
    findings += _of_settings(settings)
    findings += [finding for name in settings.brands for finding in _of_flows(settings, name)]
    wrong = [finding for name in settings.brands for finding in _of_rules(settings, name)]
    if wrong:
        return [*findings, *wrong]
    findings += [finding for name in settings.brands for finding in _of_look_ups(settings, name)]
    async with AsyncExitStack() as stack:
        try:
            here = await stack.enter_async_context(opened(settings))
        except ThroughlineError as error:
            return [*findings, Finding("store", "bad", str(error), "see [store] in throughline.example.toml")]
        findings += [finding async for finding in _of_store(here)]
        findings += [finding async for finding in _of_published(here)]
        findings += [finding async for finding in _of_recommendations(here)]
        findings += [finding for account in here.accounts for finding in _of_account(here, account)]
    return findings


def _of_settings(settings: Settings) -> Iterator[Finding]:
    path = config_path()
    if not path.exists():
        yield Finding("settings", "note", f"{path} does not exist", "copy throughline.example.toml to it")
    else:
        yield Finding("settings", "ok", f"{path}, environment {settings.environment}")
    if not settings.brands:
        yield Finding("brands", "note", "no brand is set up", "add [brands.<name>] with its accounts")


def _of_flows(settings: Settings, brand: str) -> Iterator[Finding]:
    try:
        flows_of(settings.brands[brand])
    except ThroughlineError as error:
        yield Finding(f"flows of {brand}", "bad", str(error), "mend the file that is named")
    else:
        yield Finding(f"flows of {brand}", "ok", "flows and templates pass their checks")


def _of_rules(settings: Settings, brand: str) -> Iterator[Finding]:
    """What is wrong with a file of rules: nothing can be opened then."""
    try:
        rules_of(settings.brands[brand])
    except ThroughlineError as error:
        yield Finding(f"recommendations of {brand}", "bad", str(error), "mend the file that is named")


async def _of_recommendations(here: Installation) -> AsyncIterator[Finding]:
    """Whether the catalogue has what the rules name."""
    for name, brand in here.brands.items():
        rules = brand.recommending.written
        if here.settings.brands[name].recommendations is None:
            continue
        await brand.catalogue.look(brand.store, here.clock.monotonic())
        unknown = unknown_in(rules, brand.catalogue)
        what, fix = f"recommendations of {name}", "correct the names, or let the shop send its products"
        if unknown:
            named = ", ".join(f"{ref.by} {ref.value}" for ref in unknown[:_NAMED])
            yield Finding(what, "note", f"{len(unknown)} are not in the catalogue: {named}", fix)
        else:
            yield Finding(what, "ok", f"{len(rules.accessories)} + {len(rules.replenishments)} rules")


def _of_look_ups(settings: Settings, brand: str) -> Iterator[Finding]:
    """What is to be said of look-ups whose settings can be read. None is made."""
    of_brand = settings.brands[brand]
    try:
        made = {name for flow in flows_of(of_brand).shelf.flows.values() for name in flow.looked_up()}
    except ThroughlineError:
        return
    for name, look_up in of_brand.lookups.items():
        what = f"look-up {name} of {brand}"
        if name not in made:
            yield Finding(what, "note", "no flow makes it", f"add the step look_up: {name} to a flow")
        if look_up.within is not None and look_up.within > of_brand.enrich_within:
            fix = "make within shorter, or enrich_within longer"
            yield Finding(what, "note", "a message waits no longer than enrich_within, however long within is", fix)
        typed = any(word in source for source in look_up.send.values() for word in ("message.text", "answers."))
        if typed and look_up.level in {None, Level.NEW}:
            fix = 'if it tells of somebody\'s own affairs, write level = "linked" or ask with orders.latest.number'
            yield Finding(what, "note", "whoever types the right words is told what it says", fix)
        if name in made:
            yield Finding(what, "ok", f"{len(look_up.fields)} fields, from {urlsplit(look_up.url).hostname}")


async def _of_store(here: Installation) -> AsyncIterator[Finding]:
    embedded = here.settings.store.uri is None
    try:
        await here.store.ping()
    except ThroughlineError as error:
        yield Finding("store", "bad", str(error), "start the store, or correct [store] uri")
        return
    if embedded:
        yield Finding(
            "store", "note", "the embedded store answers; it is for trying and testing",
            "for production set [store] uri to a MongoDB replica set",
        )  # fmt: skip
    else:
        yield Finding("store", "ok", "answers")
    created = {name: names for name, names in (await here.store.ensure()).items() if names}
    yield Finding("collections", "ok", f"created {created}" if created else "complete")
    for brand in here.brands:
        async for stored in records(here.store.brand(brand), RuleRecord):
            rule = stored.record.at(here.clock.now())
            if rule.is_review_only:
                yield _of_rule(brand, rule)


def _of_rule(brand: str, rule: RuleRecord) -> Finding:
    """What is said of a rule whose merges are undone too often."""
    undone = f"{rule.unmerges:,} of {rule.merges:,} merges of the last {KEPT_DAYS} days were undone"
    wait = "raise auto_merge_threshold, or leave it" if rule.id == SIMILAR else "leave it"
    fix = f"throughline profile journal shows which; {wait}: it merges again once fewer are undone"
    return Finding(f"rule {rule.id} of {brand}", "note", f"{undone}: it only proposes", fix)


async def _of_published(here: Installation) -> AsyncIterator[Finding]:
    """Whether what is published can be said by this version of Throughline, these settings and files."""
    await here.editions.look()
    for brand, flows in here.editions.flows.items():
        refused = flows.refused
        if refused is not None:
            why = f"release {refused.number} cannot be said, {in_words(flows.release)} is: {refused.why}"
            fix = "mend what is named, or throughline flows rollback"
            yield Finding(f"published flows of {brand}", "bad", why, fix)
        elif flows.release:
            detail = f"release {flows.release}, in place of the folder that the settings name"
            yield Finding(f"published flows of {brand}", "ok", detail)
        what = f"templates of {brand}"
        for refusal in flows.refusals.values():
            fix = f"throughline templates draft {refusal.template} FILE, and publish that"
            why = f"version {refusal.number} of {refusal.template} cannot be said, an earlier one is: {refusal.why}"
            yield Finding(what, "bad", why, fix)
        if flows.published and not flows.refusals:
            yield Finding(what, "ok", f"{len(flows.published)} published over those of the files")


def _of_account(here: Installation, account: Account) -> Iterator[Finding]:
    what = f"account {account.brand}.{account.name}"
    if account.connector == "webchat" and not account.secrets:
        fix = 'add secrets = ["<32 bytes>"] to know visitors who have logged in (docs/site.md)'
        yield Finding(what, "note", "no secrets: signed tokens are refused", fix)
        return
    if account.connector in _MAPPED and account.mapping is None:
        yield Finding(what, "note", "no mapping: nothing of it is understood", 'add mapping = "<file>.yaml"')
    if account.connector not in here.connectors:
        yield Finding(what, "ok", "for files: throughline import")
        return
    bad = list(_lacks(account, is_channel=account.connector in here.channels))
    for detail, fix in bad:
        yield Finding(what, "bad", detail, fix)
    if not bad and account.connector not in SAMPLES:
        yield Finding(what, "ok", "has a secret")
    elif not bad:
        checked = "signature checked against itself" if _verifies(here, account) else "its signature fails"
        yield Finding(what, "ok" if _verifies(here, account) else "bad", checked)


def _lacks(account: Account, *, is_channel: bool) -> Iterator[tuple[str, str]]:
    """What an account cannot do without, each with what to write."""
    if not account.secrets:
        yield "no secrets: every delivery is refused", 'add secrets = ["<app secret>"]'
    if any(len(secret.get_secret_value()) < _SHORTEST_SECRET for secret in account.secrets):
        yield "a secret is shorter than 16 characters", "write the app's own secret, not a made-up one"
    if account.connector == "webchat":
        return  # it is sent to by nobody and asks for nothing
    if is_channel and account.token is None and account.pass_to is None:
        yield "no token: nothing can be sent", 'add token = "<access token>"'
    if is_channel and account.verify_token is None:
        yield "no verify_token: the handshake is refused", 'add verify_token = "<the token given to Meta>"'


def _verifies(here: Installation, account: Account) -> bool:
    """Whether a sample signed with the account's secret passes its own connector."""
    sample = SAMPLES[account.connector][next(iter(SAMPLES[account.connector]))]
    built = sample(SampleRequest(account_id=account.id, sender="1", at=here.clock.now()))
    secret = account.secrets[0].get_secret_value().encode()
    body, headers = signed(account.connector, built.body, secret, built.headers)
    return here.connectors[account.connector].is_signed(WebhookRequest(headers=headers, body=body), secret)
