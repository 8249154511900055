"""Drafts, versions, rollback: what is kept, who is told what."""

import asyncio
from functools import partial
from typing import Any

import pytest

from flows.preview.customers import CUSTOMERS
from middleware.domain.template_versions import MOST_BYTES, TemplateHead, TemplateVersion
from middleware.pipeline.templates.editing import discard_draft, save_draft
from middleware.pipeline.templates.errors import NotDone, NoTemplate, NotNow, TemplateChanged, TemplateRefused
from middleware.pipeline.templates.looking import Row, difference, listed, looked_at, source_of, versions
from middleware.pipeline.templates.publishing import Published, publish_draft, roll_back
from tests.unit.middleware.templates.editors import Editors, source, source_saying


@pytest.fixture
def editors() -> Editors:
    """A brand that nobody has edited yet."""
    return Editors()


async def said(editors: Editors, name: str = "fallback") -> str:
    """The source of what is published."""
    return await source_of(editors.of, name, "published")


async def test_a_draft_is_said_to_nobody_until_it_is_published(editors: Editors) -> None:
    """Saved, checked, and published as version 1 with author, reviewer and note; then there is no draft any more."""
    before = await said(editors)
    saved = await editors.save("Hello.", note="kinder")
    assert [each for each in saved.findings if each.severity == "error"] == []
    assert await said(editors) == before

    published = await editors.publish(note="")

    version = published.version
    assert (version.number, version.author, version.reviewer, version.note) == (1, "kim", "lee", "kinder")
    assert await said(editors) == source("Hello.") == version.source
    assert (await looked_at(editors.of, "fallback")).head.record.draft is None
    with pytest.raises(NotNow, match="has no draft"):
        await editors.publish()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            source_saying("ordrs.latest.number"),
            "fallback.yaml:5:18: there is no value ordrs.latest.number - did you mean",
        ),
        (source_saying("cart.count"), "reads cart; write it under needs"),
        (source("Hi", name="welcome"), "fallback.yaml:1: name is welcome, but this is the template fallback"),
        ("name: fallback\n  purpose: x", "fallback.yaml:2: is no YAML"),
        ("", "fallback.yaml:1: the file must be a group"),
        ("\x00", "fallback.yaml:1: is no YAML: U+0000 is no character of a text"),
        ("name: é\npurpose: \ufffe\n", "fallback.yaml:2: is no YAML: U+FFFE is no character of a text"),
    ],
)
async def test_errors_are_kept_as_a_draft_and_not_published(editors: Editors, text: str, why: str) -> None:
    """What has errors is lost by nobody and said to nobody: the error names file, line and column."""
    saved = await save_draft(editors.of, "fallback", text, by="kim", now=editors.now)
    assert why in "\n".join(map(str, saved.findings))
    before = await said(editors)

    with pytest.raises(TemplateRefused) as refused:
        await editors.publish()

    assert why in str(refused.value)
    assert refused.value.findings == saved.findings
    assert await said(editors) == before
    assert await source_of(editors.of, "fallback", "draft") == text
    assert TemplateVersion not in editors.store.records


async def test_a_flow_that_needs_the_block_may_say_it(editors: Editors) -> None:
    """The same value is right in a template whose flow declares the block."""
    saved = await save_draft(
        editors.of, "continue_cart", source("{{ cart.count }}", "continue_cart"), by="kim", now=editors.now
    )
    assert [each for each in saved.findings if each.severity == "error"] == []


async def test_whoever_knew_an_older_revision_is_told_who_was_quicker(editors: Editors) -> None:
    """Saving, publishing, discarding and rolling back: nothing lands on a revision that is not the present one."""
    first = await editors.save("One.")
    second = await editors.save("Two.", by="lee", revision=first.head.version)
    for attempt in (
        editors.save("Three.", revision=first.head.version),
        editors.publish(revision=first.head.version),
        discard_draft(editors.of, "fallback", by="kim", now=editors.now, revision=first.head.version),
        roll_back(editors.of, "fallback", 0, by="kim", now=editors.now, revision=first.head.version),
    ):
        with pytest.raises(TemplateChanged, match=r"was changed by lee at 2026-11-05 12:00:02 UTC") as changed:
            await attempt
        assert changed.value.revision == second.head.version
    assert await source_of(editors.of, "fallback", "draft") == source("Two.")


async def test_somebody_elses_draft_is_not_written_over_unseen(editors: Editors) -> None:
    """Without a revision one's own draft may be saved again, somebody else's may not."""
    await editors.save("One.")
    await editors.save("Two.", by=" KIM ")
    with pytest.raises(TemplateChanged, match="changed by KIM"):
        await editors.save("Three.", by="lee")
    assert await source_of(editors.of, "fallback", "draft") == source("Two.")


async def test_a_draft_of_an_older_version_waits(editors: Editors) -> None:
    """What was published since must have been seen: the draft is saved again, on the new version."""
    await editors.say("One.")
    await editors.save("From one.")
    await roll_back(editors.of, "fallback", 0, by="lee", now=editors.later())
    with pytest.raises(NotNow, match="based on version 1; lee has published version 2 since"):
        await editors.publish()
    await editors.save("From one.")
    assert (await editors.publish()).version.number == 3


async def test_two_persons_where_the_brand_wants_it(editors: Editors) -> None:
    """Nobody publishes a draft of their own, however they write their name; a rollback takes one."""
    strict = editors.two_persons()
    await strict.save("Hello.", by="Kim Roe")
    for name in ("Kim Roe", "kim  roe", " KIM ROE"):
        with pytest.raises(NotNow, match="Kim Roe wrote this draft"):
            await strict.publish(by=name)
    assert (await strict.publish(by="Lee")).version.author == "Kim Roe"
    assert (await roll_back(strict.of, "fallback", 0, by="Kim Roe", now=strict.later())).version.number == 2
    await editors.save("Hello.")
    await editors.publish(by="kim")


async def test_rollback_publishes_anew_and_rewrites_nothing(editors: Editors) -> None:
    """Back to version 1 is version 3 with its text and author; back to the file is version 4; all stay to be read."""
    one = (await editors.say("One.")).version
    await editors.say("Two.")
    three = (await roll_back(editors.of, "fallback", 1, by="lee", now=editors.later(), note="two was rude")).version
    assert (three.number, three.repeats, three.before, three.note) == (3, 1, 2, "two was rude")
    assert (three.source, three.author, three.reviewer) == (one.source, "kim", "lee")
    assert await said(editors) == source("One.")

    four = (await roll_back(editors.of, "fallback", 0, by="lee", now=editors.later())).version
    assert (four.number, four.repeats) == (4, 0)
    assert await said(editors) == editors.of.desk.files["fallback"]

    history, more = await versions(editors.of, "fallback")
    assert [each.number for each in history] == [4, 3, 2, 1]
    assert (history[-1], more) == (one, None)
    for number in (0, 4):
        with pytest.raises(NotNow):
            await roll_back(editors.of, "fallback", number, by="lee", now=editors.now)
    with pytest.raises(NoTemplate, match="no version 9"):
        await roll_back(editors.of, "fallback", 9, by="lee", now=editors.now)


async def test_what_is_in_no_file_can_be_taken_back(editors: Editors) -> None:
    """A template that stands in the store alone is none any more; its versions stay, and one can come back."""
    await editors.say("Extra.", name="extra")
    await roll_back(editors.of, "extra", 0, by="lee", now=editors.later())
    with pytest.raises(NoTemplate):
        await said(editors, "extra")
    await roll_back(editors.of, "extra", 1, by="lee", now=editors.later())
    assert await said(editors, "extra") == source("Extra.", "extra")


async def test_of_two_who_publish_at_once_one_wins(editors: Editors) -> None:
    """Ten publish the same draft, ten roll back: one new version, and everybody else is told by whom."""
    await editors.say("One.")
    saved = await editors.save("Two.")
    editors.store.before = partial(asyncio.sleep, 0)
    attempts = [
        *(publish_draft(editors.of, "fallback", by=f"p{n}", now=editors.now) for n in range(10)),
        *(roll_back(editors.of, "fallback", 0, by=f"r{n}", now=editors.now) for n in range(10)),
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    won = [each for each in outcomes if isinstance(each, Published)]
    assert len(won) == 1
    assert all(isinstance(each, TemplateChanged) for each in outcomes if each not in won)
    head = (await looked_at(editors.of, "fallback")).head
    assert (head.version, head.record.published) == (saved.head.version + 1, won[0].version.number)
    assert set(editors.store.records[TemplateVersion]) == {"fallback|1", won[0].version.id}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("source", {"source": "x" * (MOST_BYTES + 1)}),
        ("source", {"source": "ü" * (MOST_BYTES // 2 + 1)}),
        ("source", {"source": "\ud800"}),
        ("by", {"by": ""}),
        ("by", {"by": "  "}),
        ("by", {"by": "x" * 201}),
        ("by", {"by": "kim\x1b[31m"}),
        ("note", {"note": "x" * 501}),
    ],
)
async def test_what_does_not_fit_is_refused(editors: Editors, field: str, change: dict[str, str]) -> None:
    """Sizes are bounded, and who writes has a name; the error says which of the values it was."""
    values: dict[str, Any] = {"source": source("Hi."), "by": "kim", "note": "", **change}
    with pytest.raises(NotDone, match=f"^{field}: "):
        await save_draft(editors.of, "fallback", values.pop("source"), now=editors.now, **values)
    assert TemplateHead not in editors.store.records


@pytest.mark.parametrize(
    "name", ["", "Welcome", "a b", "../x", "a|1", "x" * 61, "a__b", "_a", "a\n", "ä", "$where", "a.b"]
)
async def test_a_name_that_no_template_can_have(editors: Editors, name: str) -> None:
    """It is not found, whatever is done with it."""
    with pytest.raises(NoTemplate):
        await editors.save("Hi.", name=name)
    with pytest.raises(NoTemplate):
        await looked_at(editors.of, name)


async def test_the_list_has_files_drafts_and_what_is_published(editors: Editors) -> None:
    """Page by page, each once, in the order of names."""
    await editors.save("Hi.", name="aaa")
    await editors.say("Hi.")
    rows: list[Row] = []
    after = ""
    while True:
        page, following = await listed(editors.of, 4, after)
        rows += page
        if following is None:
            break
        after = following
    names = [row.head.record.id for row in rows]
    assert names == sorted({"aaa", *editors.of.desk.files})
    (draft,), (published,) = ([row for row in rows if row.head.record.id == name] for name in ("aaa", "fallback"))
    assert (draft.head.record.published, draft.said, draft.in_file) == (0, False, False)
    assert (published.head.record.published, published.said, published.in_file) == (1, True, True)


async def test_history_is_read_page_by_page(editors: Editors) -> None:
    """However long it is: every version once, the latest first."""
    for number in range(45):
        await editors.say(f"Text {number}.")
    found, before = [], None
    while True:
        page, before = await versions(editors.of, "fallback", 10, before)
        found += [each.number for each in page]
        if before is None:
            break
    assert found == list(range(45, 0, -1))


async def test_the_difference_is_of_text_and_of_what_customers_get(editors: Editors) -> None:
    """A changed word is a line in the unified diff, and changes what everybody gets on every channel."""
    await editors.say("Good day.")
    await editors.save("Good morning.")
    found = await difference(editors.of, "fallback")
    assert (found.one, found.other) == ("published", "draft")
    assert "-    text: 'Good day.'\n+    text: 'Good morning.'\n" in found.text
    assert found.compared == len(found.rendered) == len(CUSTOMERS) * 4
    change = next(each for each in found.rendered if (each.customer, each.channel) == ("ana", "whatsapp"))
    assert change.before is not None
    assert change.after is not None
    assert (change.before.messages, change.after.messages) == (("Good day.",), ("Good morning.",))


async def test_a_difference_that_nobody_sees(editors: Editors) -> None:
    """A comment changes the text of the file and no reply."""
    await editors.say("Good day.")
    await save_draft(editors.of, "fallback", source("Good day.", more="# kinder\n"), by="kim", now=editors.later())
    found = await difference(editors.of, "fallback")
    assert "+# kinder\n" in found.text
    assert (found.rendered, found.compared) == ((), len(CUSTOMERS) * 4)


async def test_a_draft_with_errors_has_no_results(editors: Editors) -> None:
    """The texts are compared all the same, and it is said why nothing was rendered."""
    await editors.say("Good day.")
    await save_draft(editors.of, "fallback", source_saying("nope"), by="kim", now=editors.later())
    found = await difference(editors.of, "fallback")
    assert "nope" in found.text
    assert found.rendered == ()
    assert "there is no value nope" in found.unrendered


async def test_discarding_loses_the_draft_alone(editors: Editors) -> None:
    """What is published stays, and whoever had the draft's revision is told."""
    await editors.say("One.")
    saved = await editors.save("Two.")
    await discard_draft(editors.of, "fallback", by="lee", now=editors.later())
    assert await said(editors) == source("One.")
    with pytest.raises(TemplateChanged):
        await editors.save("Three.", revision=saved.head.version)
    with pytest.raises(NotNow):
        await discard_draft(editors.of, "fallback", by="lee", now=editors.later())


async def test_publishing_what_is_published_changes_nothing(editors: Editors) -> None:
    """A draft that says the same makes no version."""
    await editors.say("One.")
    await editors.save("One.")
    with pytest.raises(NotNow, match="published already"):
        await editors.publish()


async def test_there_is_an_end_to_the_number_of_templates(editors: Editors, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there can still be edited when no new one can be begun."""
    monkeypatch.setattr("middleware.pipeline.templates.edition.MOST_TEMPLATES", 1)
    await editors.save("One.")
    with pytest.raises(NotNow, match="there are 1 templates already"):
        await editors.save("Two.", name="other")
    assert (await editors.publish()).version.number == 1
