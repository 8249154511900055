"""`python -m middleware.handover DIRECTORY`: writes the published schemas, unless that would break who reads by them.

With `--print NAME` it prints one of them instead.
"""

import argparse
import json
import sys
from pathlib import Path

from middleware.handover.changes import breaks
from middleware.handover.payload import Json
from middleware.handover.schemas import SCHEMAS, schema_of


def written(name: str) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def broken(old: Json, new: Json) -> list[str]:
    """What breaks in one of the published schemas: what we send, and for the engine contract what we take."""
    found = breaks(old, new)
    answer = "TurnAnswer"
    if answer in old.get("$defs", {}):
        found += [f"{answer}: {each}" for each in breaks(_alone(old, answer), _alone(new, answer), taken=True)]
    return found


def _alone(schema: Json, model: str) -> Json:
    return {"$ref": f"#/$defs/{model}", "$defs": schema["$defs"]}


def main(arguments: list[str] | None = None) -> int:
    """Write, or print. 1: something would break, and nothing was written."""
    parser = argparse.ArgumentParser(prog="python -m middleware.handover", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, help="where the files are, such as docs/schemas")
    parser.add_argument("--print", dest="name", choices=sorted(SCHEMAS), help="print one schema")
    asked = parser.parse_args(arguments)
    if asked.name is not None:
        sys.stdout.write(written(asked.name))
        return 0
    if asked.directory is None:
        parser.error("name a directory, or --print a schema")
    files = {name: asked.directory / file for name, file in SCHEMAS.items()}
    reasons = [
        f"{path}: {reason}"
        for name, path in files.items()
        if path.exists()
        for reason in broken(json.loads(path.read_text(encoding="utf-8")), schema_of(name))
    ]
    if reasons:
        sys.stderr.write("".join(f"{reason}\n" for reason in reasons))
        sys.stderr.write("Nothing was written: this breaks who reads by it. Keep it, or give it the next number.\n")
        return 1
    asked.directory.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        path.write_text(written(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
