"""`throughline mapping`: checks with places, and schemas."""

import json
from pathlib import Path

from tests.integration.cli import command


async def test_files_are_checked_with_line_and_column(tmp_path: Path) -> None:
    """Exit code 0 for what is right, 1 with every mistake for what is not; no settings are needed."""
    (tmp_path / "right.yaml").write_text("record: {id: id, fields: {email: mail}}", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("record:\n  fields:\n    emial: mail\n    city: a..b\n", encoding="utf-8")
    right = await command("mapping", "check", "right.yaml", directory=tmp_path, alone=True)
    assert (right.code, right.out) == (0, b"1 of 1 are right\n")
    wrong = await command("mapping", "check", "right.yaml", "wrong.yaml", "gone.yaml", directory=tmp_path)
    assert wrong.code == 1
    assert [line.partition(": ")[0] for line in wrong.out.decode().splitlines()] == [
        "wrong.yaml:3:5", "wrong.yaml:4:11", "gone.yaml:1:1",
    ]  # fmt: skip
    as_json = await command("mapping", "check", "wrong.yaml", "--json", directory=tmp_path)
    assert [(each["line"], each["column"]) for each in as_json.json] == [(3, 5), (4, 11)]


async def test_ownership_is_checked_likewise(tmp_path: Path) -> None:
    """The same for the other sort of file."""
    (tmp_path / "o.yaml").write_text("fields: {email: {owner: [a], never: [a]}}", encoding="utf-8")
    ended = await command("mapping", "check", "--ownership", "o.yaml", "--json", directory=tmp_path)
    assert ended.code == 1
    assert "names a twice" in ended.json[0]["message"]


async def test_schemas_are_printed(tmp_path: Path) -> None:
    """For editors: JSON Schema of either file."""
    for more, name in (((), "record"), (("--ownership",), "default")):
        ended = await command("mapping", "schema", *more, directory=tmp_path)
        assert ended.code == 0
        assert json.loads(ended.out)["$schema"].startswith("https://json-schema.org/")
        assert name in ended.json["properties"]
