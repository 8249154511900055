"""Reports in the console: what is counted, for whom, as a table and as a file."""

import csv
import io
from datetime import UTC, datetime

import pytest

from middleware.console.reports import page as reports_page
from middleware.console.reports.registry import REPORTS
from middleware.domain.candidates import RuleDay, RuleRecord
from middleware.ports import Put
from tests.console import Seated, seated
from tests.running import Running

HTMX = {"HX-Request": "true"}
PATH = "/console/glow/reports"


async def _rows(it: Seated, name: str) -> list[list[str]]:
    answer = await it.get(f"{PATH}/{name}/file")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO((await answer.text()).removeprefix("\ufeff"))))


async def test_messages_turns_and_templates_are_counted(shop: Running) -> None:
    """As often as they happened: by day and channel, by flow and what became of it; table and file say the same."""
    for number in range(3):
        await shop.say("whatsapp", sender="34600111222", text=f"where is my order? {number}")
        await shop.replies(number + 1)
    await shop.say("messenger", sender="7302000000000001", text="hello")
    await shop.replies(4)
    today = datetime.now(UTC).date().isoformat()
    async with seated(shop, "root", "admin") as it:
        assert sorted((await _rows(it, "messages"))[1:]) == [
            [today, "messenger", "1", "1"], [today, "whatsapp", "3", "3"],
        ]  # fmt: skip
        flows = (await _rows(it, "flows"))[1:]
        assert sum(int(row[2]) for row in flows) == 4
        assert {row[1] for row in flows} == {"reply sent"}
        templates = await _rows(it, "templates")
        assert sum(int(row[templates[0].index("sent")]) for row in templates[1:]) == 4
        page = await (await it.get(f"{PATH}/messages")).text()
        assert page.count("<tr>") == 3
        assert "data-chart=" in page


async def test_what_takes_time_comes_when_it_is_there(shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says at once that a report is being worked out, and asks for it; that part has the table."""
    monkeypatch.setattr(reports_page, "_AT_ONCE", 0.0)
    await shop.say("messenger", sender="7302000000000001", text="hello")
    await shop.replies(1)
    async with seated(shop, "root", "admin") as it:
        first = await (await it.get(f"{PATH}/messages")).text()
        assert (first.count("<tr>"), "being worked out" in first, 'hx-trigger="load"' in first) == (0, True, True)
        then = await (await it.get(f"{PATH}/messages", headers=HTMX)).text()
        assert (then.count("<tr>"), "being worked out" in then) == (2, False)


async def test_merges_are_told_by_rule(shop: Running) -> None:
    """With how many were undone, and of the window alone; what a spreadsheet would carry out is told harmlessly."""
    today = datetime.now(UTC).date().isoformat()
    days = (RuleDay(day="2020-01-01", merges=50), RuleDay(day=today, merges=4, unmerges=1))
    await shop.here.brands["glow"].store.write(Put(RuleRecord(id="=a.rule", days=days)))
    async with seated(shop, "ana", "agent") as it:
        assert (await _rows(it, "merges"))[1:] == [["'=a.rule", "4", "1", "0.25", ""]]


async def test_everybody_sees_their_own(shop: Running) -> None:
    """The list names those of one's roles; another one is not there, and nor is one that there is not."""
    async with seated(shop, "ana", "agent") as it:
        listed = await (await it.get(PATH)).text()
        statuses = {each.name: (await it.get(f"{PATH}/{each.name}")).status for each in REPORTS}
        assert {name: f"/reports/{name}" in listed for name in statuses} == {
            name: status == 200 for name, status in statuses.items()
        }
        assert statuses == {"messages": 200, "flows": 404, "templates": 404, "merges": 200}
        assert (await it.get(f"{PATH}/none")).status == 404
        assert "Nothing to count yet." in await (await it.get(f"{PATH}/messages")).text()
