"""The browser files of the console are those that were built, and say where they are from."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import middleware.console

CONSOLE = Path(middleware.console.__file__).parent
VENDOR = CONSOLE / "static" / "vendor"
LISTED: list[dict[str, Any]] = json.loads((CONSOLE / "vendor.json").read_text())["files"]

AGAIN = "make console-assets builds it anew"


def contained(listed: dict[str, Any]) -> dict[str, str]:
    """The packages that a file is made of, with their versions."""
    return {listed["name"]: listed["version"], **listed.get("contains", {})}


def test_every_file_is_the_one_that_was_built() -> None:
    """Each has the digest that `vendor.json` names; none is missing and none stands there unlisted."""
    for listed in LISTED:
        digest = base64.b64encode(hashlib.sha384((VENDOR / listed["file"]).read_bytes()).digest()).decode()
        assert listed["sha384"] == f"sha384-{digest}", f"{listed['file']} is not the built one: {AGAIN}"
    assert {each.name for each in VENDOR.iterdir()} == {each["file"] for each in LISTED} | {"LICENCES.txt"}


def test_the_versions_are_the_pinned_ones() -> None:
    """What `package.json` pins exactly is what is built in: who raises a version has to build."""
    pinned: dict[str, str] = json.loads((CONSOLE / "vendoring" / "package.json").read_text())["dependencies"]
    built = {name: version for each in LISTED for name, version in contained(each).items()}
    assert built == {name: pinned[name] for name in built}, AGAIN
    assert set(pinned) - set(built) == {"esbuild"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())


def test_every_licence_is_there() -> None:
    """Whose code is in a file, their licence is in `LICENCES.txt`."""
    text = (VENDOR / "LICENCES.txt").read_text()
    heads = {name for line in text.splitlines() for name in line.split(", ")}
    assert {name for each in LISTED for name in contained(each)} <= heads
    assert {each["licence"] for each in LISTED} == {"MIT", "0BSD"}


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No style sheet imports or shows what another host serves, and no script names a source map."""
    for listed in LISTED:
        text = (VENDOR / listed["file"]).read_text()
        assert not re.search(r"@import|url\([\"']?(?:https?:)?//|sourceMappingURL", text), listed["file"]
