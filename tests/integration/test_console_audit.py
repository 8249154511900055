"""The audit log in the console: read page by page, filtered, checked, taken away."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from middleware.domain.users import AuditEntry
from middleware.pipeline.audit import audit, entries
from middleware.ports import BrandStore
from tests.console import Seated, seated
from tests.records import NOW
from tests.running import Running

_NASTY = ("=1+1", "+1", "-1", "@x", "\t=1", "\0=1", "＝1", "＠x", "<script>alert(1)</script>")  # noqa: RUF001 - full-width


@pytest.fixture
def store(shop: Running) -> BrandStore:
    """The store of the brand."""
    return shop.here.brands["glow"].store


@pytest.fixture
async def root(shop: Running) -> AsyncIterator[Seated]:
    """An admin."""
    async with seated(shop, "root", "admin") as it:
        yield it


async def _write(store: BrandStore, count: int) -> None:
    for number in range(count):
        what = "candidate.look" if number % 2 else "template.publish"
        await audit(store, by=f"u{number % 3}", what=what, now=NOW, about=f"p_{number}")


async def test_pages_fit_together_and_filters_read_on(root: Seated, store: BrandStore) -> None:
    """Newest first, by number, each entry once; a filter shows what fits of what was read."""
    await _write(store, 130)
    newest = await (await root.get("/console/glow/audit")).text()
    assert "Of entries 31 to 130: 100 shown." in newest
    assert "before=31" in newest
    older = await (await root.get("/console/glow/audit?before=31")).text()
    assert "Of entries 1 to 30: 30 shown." in older
    assert "p_29<" in older
    assert "p_30<" not in older
    some = await (await root.get("/console/glow/audit?by=u1&what=candidate.look")).text()
    assert "p_127<" in some
    assert "p_129<" not in some
    assert "Looked at a candidate" in some
    for nonsense in ("before=x", "before=-1", "before=0", "before=99999999999999", "by=%00&what=%F0"):
        assert (await root.get(f"/console/glow/audit?{nonsense}")).status == 200


async def test_the_chain_is_checked(root: Seated, store: BrandStore) -> None:
    """It says that it holds, and where it does not, as a page and as a fragment; the check itself is on record."""
    await _write(store, 5)
    assert "The chain holds" in await (await root.post("/console/glow/audit/check")).text()
    third = (await store.get(AuditEntry, ["0000000003"]))["0000000003"]
    await store.write(third.put(third.record.model_copy(update={"by": "somebody"})))
    broken = await root.post("/console/glow/audit/check", headers={"HX-Request": "true"})
    text = await broken.text()
    assert "broken at entry 3" in text
    assert "<html" not in text
    assert [each.what for each in await entries(store)][:2] == ["audit.check", "audit.check"]


async def test_a_file_carries_nothing_out(root: Seated, store: BrandStore) -> None:
    """Every entry once, newest first; no cell begins as a formula; and that it was taken away is on record."""
    await _write(store, 3)
    for about in _NASTY:
        await audit(store, by="ana", what="x.y", now=NOW, about=about)
    answer = await root.get("/console/glow/audit/file")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-glow.csv"'
    rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(len(_NASTY) + 4, 0, -1)]
    assert rows[1][3] == "audit.export"
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\0", "＝", "＠"))] == []  # noqa: RUF001
    page = await (await root.get("/console/glow/audit")).text()
    assert "<script>alert" not in page


async def test_a_file_has_only_what_was_asked_for(root: Seated, store: BrandStore) -> None:
    """The filter of the page counts for the whole log."""
    await _write(store, 9)
    text = (await (await root.get("/console/glow/audit/file?by=u2")).read()).decode("utf-8-sig")
    assert {row[2] for row in csv.reader(io.StringIO(text))} == {"by", "u2"}
