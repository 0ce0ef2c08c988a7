"""A plan's values to DynamoDB's attribute values, and back: exactly, with no float anywhere.

Strings become S, numbers N in their one canonical text, booleans BOOL, null NULL, `!!binary` B, lists L, mappings M. A mapping
with the key `$type` is a value that YAML and JSON have no form for:

- `{$type: SS, values: [a, b]}`, and NS and BS: a set
- `{$type: B, base64: AAE=}`: binary, for JSON
- `{$type: M, value: {…}}`: a mapping, for one that has itself a key `$type`

A Text, hidden or late, becomes `{"S": Text}`; where a key of type N stands, `{"N": Text}`. A hidden one that means a number, or
true or false, becomes `{"N": Text}` or `{"BOOL": Text}`.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import Any

from orchestrator.kinds.fields import ScalarType
from orchestrator.kinds.task.complaints import Gathered
from orchestrator.kinds.task.numbers import NotANumber, canonical, exact
from orchestrator.kinds.task.sizes import DEEPEST, MOST_BYTES, depth, size
from orchestrator.model import Path, Text, known_text
from orchestrator.model.work import Item

Keys = Mapping[str, ScalarType]
"""A table's key attributes with their types, the partition key first."""

TYPE = "$type"
MOST_KEY_BYTES = (2048, 1024)
"""Of a partition key's value, and of a sort key's (fact sheet 4.2)."""

_KEY, _INDEX = "the table's key", "an index of the table"
_WORDS = {"S": "a string", "N": "a number", "B": "binary data"}
_FORMS = (
    "Write `{$type: SS, values: [a, b]}` (or NS, BS), `{$type: B, base64: AAE=}`, or `{$type: M, value: {…}}` "
    "where the mapping itself has such a key."
)


def attribute(value: Any, indexed: ScalarType | None = None) -> Mapping[str, Any]:
    """The attribute value of a plan's value, such as `{"N": "12.5"}`; of type `indexed` where it is an index's key.

    Raises NotConverted with all that is wrong, each with its path inside the value.
    """
    gathered = Gathered()
    found = _Converter(gathered).indexed(value, (), indexed)
    gathered.end()
    return found


def attributes(values: Mapping[str, Any], keys: Keys | None = None, indexed: Keys | None = None) -> Item:
    """Attributes by name, as `expression attribute values` and parts of items have them; keys are of the types of `keys`, and
    those of indexes of the types of `indexed`.

    Raises NotConverted.
    """
    gathered = Gathered()
    found = _Converter(gathered).attributes(values, keys or {}, indexed or {})
    gathered.end()
    return found


def item(values: Mapping[str, Any], keys: Keys | None = None, indexed: Keys | None = None) -> Item:
    """A whole item that can be put: with its keys where they are known (`keys`), and not too large or too deep.

    What it has of the keys of indexes (`indexed`) is as these take it. Raises NotConverted.
    """
    gathered = Gathered()
    found = _Converter(gathered).attributes(values, keys or {}, indexed or {})
    for name in keys or {}:
        if name not in values:
            gathered.say((), "no-key", f" lacks `{name}`, which is part of the table's key.", "Add it.")
    if not gathered.found:
        if (bytes_ := size(found)) > MOST_BYTES:
            message = f" has {bytes_:,} bytes as DynamoDB counts them; an item has {MOST_BYTES:,} at most."
            gathered.say((), "item-too-large", message, "Keep large values elsewhere, in S3 for one.")
        if depth(found) > DEEPEST:
            gathered.say((), "item-too-deep", f" is nested more than {DEEPEST} levels deep.", "Make it flatter.")
    gathered.end()
    return found


def key(values: Mapping[str, Any], keys: Keys | None = None) -> Item:
    """The key of an item: all attributes of `keys`, where they are known, and no other. Raises NotConverted."""
    gathered = Gathered()
    for name in values:
        if keys is not None and name not in keys:
            said = " and ".join(f"`{one}`" for one in keys)
            gathered.say((name,), "no-key", f": the table's key has no `{name}`.", f"Its key is {said}.")
    for name in keys or {}:
        if name not in values:
            gathered.say((), "no-key", f" lacks `{name}`, which is part of the table's key.", "Add it.")
    if not values:
        gathered.say((), "no-key", " names no attribute.", "Write the key's attributes with their values.")
    found = _Converter(gathered).attributes(values, keys or {}, {}, in_key=True)
    gathered.end()
    return found


def identity(found: Item, names: Iterable[str]) -> tuple[tuple[str, Any], ...] | None:
    """What tells a converted item by the attributes `names` of its key: type and value of each, hidden ones as they are.

    None where one of them is known only while running.
    """
    pairs: list[tuple[str, Any]] = []
    for name in names:
        ((sort, value),) = found[name].items()
        if isinstance(value, Text):
            if value.unknown:
                return None
            value = canonical(value.reveal()) if sort == "N" else value.reveal()
        pairs.append((sort, value))
    return tuple(pairs)


# ---------------------------------------------------------------------------------------------------------- back again


def plain(value: Mapping[str, Any]) -> Any:
    """An attribute value as a plan's own plain value, which `attribute` makes the same attribute value of.

    Numbers become int or Decimal, NULL None; a Text stays one.
    """
    ((sort, found),) = value.items()
    if sort == "N":
        return found if isinstance(found, Text) else exact(found)
    if sort == "NULL":
        return None
    if sort == "L":
        return [plain(inner) for inner in found]
    if sort == "M":
        inner = plain_item(found)
        return {TYPE: "M", "value": inner} if TYPE in inner else inner
    if sort in ("SS", "NS", "BS"):
        return {TYPE: sort, "values": [plain({sort[0]: entry}) for entry in found]}
    return found


def plain_item(found: Item) -> dict[str, Any]:
    """An item as plain values, for previews and samples."""
    return {name: plain(value) for name, value in found.items()}


def in_json(value: Any) -> Any:
    """Plain values as JSON can have them: binary as `{$type: B, base64: …}`."""
    if isinstance(value, bytes):
        return {TYPE: "B", "base64": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: in_json(inner) for name, inner in value.items()}
    return [in_json(inner) for inner in value] if isinstance(value, list) else value


# ------------------------------------------------------------------------------------------------------------ the way in


def is_null(value: Any) -> bool:
    """Whether it is a plan's `null`, which the loader marks, or JSON's."""
    return value is None or (isinstance(value, Enum) and value.value == "null")


class _Converter:
    """Converts and goes on after what is wrong, which it says to `gathered`."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._say = gathered.say

    def attributes(
        self, values: Mapping[str, Any], keys: Keys, indexed: Keys, *, in_key: bool = False
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values.items():
            if not name:
                self._say((), "no-name", " has an attribute without a name.", "Give it one.")
            self._string(name, ())
            if name not in keys:
                found[name] = self.indexed(value, (name,), indexed.get(name))
            else:
                found[name] = self.value(value, (name,), keys[name])
            if name in keys and keys[name] in found[name]:
                self._key(found[name], (name,), MOST_KEY_BYTES[list(keys).index(name) > 0])
            elif in_key and name not in keys and not found[name].keys() & {"S", "N", "B"}:
                self._say((name,), "key-type", ": a key is a string, a number or binary data.", "Write one of these.")
        return found

    def indexed(self, value: Any, path: Path, wanted: ScalarType | None) -> dict[str, Any]:
        """An attribute that may be left out, and is no less than a key where an index has it (fact sheet 6.1)."""
        found = self.value(value, path, wanted, _INDEX)
        if wanted is not None and wanted in found:
            self._key(found, path, MOST_KEY_BYTES[0])
        return found

    def value(self, value: Any, path: Path, wanted: ScalarType | None, whose: str = _KEY) -> dict[str, Any]:
        if isinstance(value, Text) and value.means is None:
            return self._text(value, path, wanted, whose)
        before = len(self._gathered.found)
        found = self._any(value, path, 0)
        if wanted is not None and wanted not in found and len(self._gathered.found) == before:
            message = f": {whose} has {_WORDS[wanted]} ({wanted}) here, found {_sort(found)}."
            quotes = "Put it in quotes." if wanted == "S" and "N" in found else ""
            self._say(path, "key-type", message, quotes or f"Write {_WORDS[wanted]}.")
        return found

    def _text(self, value: Text, path: Path, wanted: ScalarType | None, whose: str) -> dict[str, Any]:
        if wanted == "B":
            self._say(path, "key-type", ": a hidden or late value is no binary data.", "Write it with `!!binary`.")
        if wanted == "N" and not value.unknown:
            try:
                canonical(value.reveal())
            except NotANumber:
                self._say(path, "key-type", f": the value is no number, as {whose} has here.", "Give another one.")
        return {"N" if wanted == "N" else "S": value}

    def _key(self, found: Mapping[str, Any], path: Path, most: int) -> None:
        """A key has neither nothing in it nor too much (fact sheet 4.2)."""
        ((sort, value),) = found.items()
        if sort == "N" or (isinstance(value, Text) and value.unknown):
            return
        length = len(value if isinstance(value, bytes) else known_text(value).encode(errors="surrogatepass"))
        if length > most:
            self._say(path, "key-too-long", f" has {length:,} bytes; {most:,} are the most here.", "Make it shorter.")
        if length == 0:
            self._say(path, "empty-key", ": what is part of a key can't be empty.", "Give it a value.")

    def _any(self, value: Any, path: Path, level: int) -> dict[str, Any]:
        if level > 2 * DEEPEST:
            self._say(path, "item-too-deep", " is nested too deeply.", "Make it flatter.")
            return {"NULL": True}
        if isinstance(value, Text):
            return self._meant(value, path)
        if isinstance(value, str):
            return {"S": self._string(value, path)}
        if isinstance(value, bool):
            return {"BOOL": value}
        if is_null(value):
            return {"NULL": True}
        if isinstance(value, int | Decimal):
            return {"N": self._number(value, path)}
        if isinstance(value, bytes):
            return {"B": value}
        if isinstance(value, list | tuple):
            return {"L": [self._any(inner, (*path, number), level + 1) for number, inner in enumerate(value)]}
        if isinstance(value, Mapping):
            return self._typed(value, path, level) if TYPE in value else self._map(value, path, level)
        self._say(
            path, "wrong-value", " is no value that an item can have.", "Write a string, a number, a list or a mapping."
        )
        return {"NULL": True}

    def _meant(self, value: Text, path: Path) -> dict[str, Any]:
        if isinstance(value.means, bool):
            return {"BOOL": value}
        return {"S": value} if value.means is None else {"N": self._hidden_number(value, path)}

    def _hidden_number(self, value: Text, path: Path) -> Text:
        """As DynamoDB has it: a text."""
        return replace(value, parts=(self._number(value.means, path),), secrets=value.sensitive, means=None)

    def _map(self, value: Mapping[str, Any], path: Path, level: int) -> dict[str, Any]:
        for name in value:
            self._string(name, path)
        return {"M": {name: self._any(inner, (*path, name), level + 1) for name, inner in value.items()}}

    def _string(self, value: str, path: Path) -> str:
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            self._say(path, "wrong-value", " has half of a character (a surrogate).", "Write the character itself.")
            return ""
        return value

    def _number(self, value: Any, path: Path) -> str:
        try:
            return canonical(value)
        except NotANumber as error:
            self._say(path, "number", f" {error}.", "If it is meant as a text, put it in quotes.")
            return "0"

    # ------------------------------------------------------------------------------------------ what `$type` says

    def _typed(self, value: Mapping[str, Any], path: Path, level: int) -> dict[str, Any]:
        sort = value[TYPE]
        form = {"SS": "values", "NS": "values", "BS": "values", "B": "base64", "M": "value"}
        wants = form.get(sort) if isinstance(sort, str) else None
        if wants is None or set(value) != {TYPE, wants}:
            self._say(path, "typed-value", " is no value of a type that can be written so.", _FORMS)
        elif sort == "B":
            return {"B": self._base64(value[wants], (*path, wants))}
        elif sort == "M" and isinstance(value[wants], Mapping):
            return self._map(value[wants], path, level)
        elif sort != "M" and isinstance(value[wants], list):
            return {str(sort): self._set(str(sort), value[wants], (*path, wants))}
        else:
            self._say(path, "typed-value", f": `{wants}` is of the wrong sort.", _FORMS)
        return {"NULL": True}

    def _set(self, sort: str, values: Sequence[Any], path: Path) -> list[Any]:
        """The entries, sorted: a set has no order, so that one written in another is the same."""
        if not values:
            self._say(path, "set", " is empty, which no set can be.", "Leave the attribute out.")
        entry: Callable[[Any, Path], Any] = {"SS": self._entry, "NS": self._numeric, "BS": self._base64}[sort]
        found = [entry(value, (*path, number)) for number, value in enumerate(values)]
        first: dict[Any, int] = {}
        for number, value in enumerate(found):
            if first.setdefault(value, number) != number:
                self._say((*path, number), "set", ": this entry is in the set already.", "Write it once.")
        return found if any(isinstance(value, Text) for value in found) else sorted(found)

    def _entry(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self._string(value, path)
        if not isinstance(value, Text) or value.means is not None:
            self._say(path, "set", ": a set of type SS holds strings only.", "Put it in quotes.")
            return ""
        return value

    def _numeric(self, value: Any, path: Path) -> str | Text:
        if isinstance(value, Text) and value.means is not None and not isinstance(value.means, bool):
            return self._hidden_number(value, path)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return self._number(value, path)
        self._say(
            path, "set", ": a set of type NS holds numbers only.", "Take the quotes away, or let it be of type SS."
        )
        return ""

    def _base64(self, value: Any, path: Path) -> bytes:
        if isinstance(value, Mapping) and value.get(TYPE) == "B" and set(value) == {TYPE, "base64"}:
            return self._base64(value["base64"], (*path, "base64"))
        try:
            return value if isinstance(value, bytes) else b64decode(value, validate=True)
        except (NotBase64, ValueError, TypeError):
            self._say(path, "binary", " is not base64.", "Encode the bytes again.")
            return b""


def _sort(found: Mapping[str, Any]) -> str:
    names = {"BOOL": "true or false", "NULL": "null", "L": "a list", "M": "a mapping"}
    sort = next(iter(found))
    return {**_WORDS, **names}.get(sort, "a set")
