"""Which changes of a JSON Schema break those who read by it. General: it knows the words of the format, no models."""

from typing import Any

Json = dict[str, Any]

_UPPER = ("maxLength", "maxItems", "maxProperties", "maximum")
_LOWER = ("minLength", "minItems", "minProperties", "minimum")


def breaks(old: Json, new: Json, *, taken: bool = False) -> list[str]:
    """What breaks when a schema becomes another, each with its place; nothing if all is well.

    Of what we send: a field that is gone or not sure to be there any more, a type that changed, a word that is gone.
    Of what we take (`taken`): a field that is gone or has to be there now, a type or a word that is no longer taken, a
    bound that is tighter, other conditions (`allOf`). More fields are always welcome; more words are, where they stand
    in a list.
    """
    return _Comparison(old, new, taken=taken).run()


class _Comparison:
    """One comparison of two documents."""

    def __init__(self, old: Json, new: Json, *, taken: bool) -> None:
        self._roots = (old, new)
        self._taken = taken
        self._seen: set[tuple[str, str]] = set()
        self._found: list[str] = []

    def run(self) -> list[str]:
        """The breaks."""
        self._compare("", *self._roots)
        return self._found

    def _compare(self, path: str, old: Json, new: Json) -> None:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        were, are = _kinds(_resolved(old, self._roots[0])), _kinds(_resolved(new, self._roots[1]))
        here = path or "the whole"
        for kind in sorted(were.keys() - are.keys()):
            if not (self._taken and ("anything" in are or (kind == "integer" and "number" in are))):
                self._found.append(f"{here}: is never {kind} any more")
        for kind in sorted(are.keys() - were.keys()):
            if not self._taken:
                self._found.append(f"{here}: can be {kind} now")
        for kind in sorted(were.keys() & are.keys()):
            self._same_kind(path, were[kind], are[kind])

    def _same_kind(self, path: str, old: Json, new: Json) -> None:
        self._words(path or "the whole", old, new)
        if self._taken:
            self._bounds(path or "the whole", old, new)
        self._fields(path, old, new)
        for inner, mark in (("items", "[]"), ("additionalProperties", ".*")):
            was, now = old.get(inner), new.get(inner)
            if isinstance(was, dict) and isinstance(now, dict):
                self._compare(f"{path}{mark}", was, now)

    def _words(self, here: str, old: Json, new: Json) -> None:
        were, are = _choices(old), _choices(new)
        if are is None and not self._taken and were is not None:
            self._found.append(f"{here}: can be any word now")
        if were is None and are is not None and self._taken:
            self._found.append(f"{here}: takes some words only now")
        if were is not None and are is not None:
            self._found += [f"{here}: the word {word!r} is gone" for word in were if word not in are]

    def _bounds(self, here: str, old: Json, new: Json) -> None:
        for bound in _UPPER:
            if bound in new and (bound not in old or new[bound] < old[bound]):
                self._found.append(f"{here}: {bound} is {new[bound]} now")
        for bound in _LOWER:
            if bound in new and new[bound] > old.get(bound, 0):
                self._found.append(f"{here}: {bound} is {new[bound]} now")
        if new.get("pattern", old.get("pattern")) != old.get("pattern"):
            self._found.append(f"{here}: has another pattern now")
        if new.get("allOf", old.get("allOf")) != old.get("allOf"):
            self._found.append(f"{here}: has other conditions now")

    def _fields(self, path: str, old: Json, new: Json) -> None:
        were, are = old.get("properties", {}), new.get("properties", {})
        dot = f"{path}." if path else ""
        self._found += [f"{dot}{name}: is gone" for name in were if name not in are]
        required, still = set(old.get("required", ())), set(new.get("required", ()))
        if self._taken:
            self._found += [f"{dot}{name}: has to be there now" for name in sorted(still - required)]
        else:
            self._found += [f"{dot}{name}: is not always there now" for name in sorted((required - still) & are.keys())]
        for name in were:
            if name in are:
                self._compare(f"{dot}{name}", were[name], are[name])


def _resolved(schema: Json, root: Json) -> list[Json]:
    """The alternatives of a schema, with references into its own document followed."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = root
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        return _resolved(target, root)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return [found for each in schema[union] for found in _resolved(each, root)]
    return [schema]


def _kinds(alternatives: list[Json]) -> dict[str, Json]:
    """The alternatives by type. Of several objects, each by the names of the fields that it has to have."""
    objects = sum(_type(each) == "object" for each in alternatives)
    found: dict[str, Json] = {}
    for each in alternatives:
        types = each.get("type") if isinstance(each.get("type"), list) else [_type(each)]
        for kind in types or []:
            sure = ", ".join(sorted(each.get("required", ())))
            found[f"object with {sure}" if kind == "object" and objects > 1 else kind] = each
    return found


def _type(schema: Json) -> str:
    """The type of a schema by its word, or by the words that it allows."""
    words = _choices(schema)
    if "type" in schema or words is None:
        said = schema.get("type", "object" if "properties" in schema else "anything")
        return said if isinstance(said, str) else "anything"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    return names.get(type(words[0]), "anything") if words else "anything"


def _choices(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None
