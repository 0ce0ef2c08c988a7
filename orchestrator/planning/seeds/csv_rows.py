"""Items in CSV: a header `order_id:S,line:N,doc:JSON` names the attributes with their types, S where none is stated.

An empty cell leaves its attribute out, but for `""`, with its quotes, in a column of S: that is the empty string. B is base64;
a set is a JSON list, and L, M and JSON are JSON; NULL is `null`.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestrator.kinds.task.conversion import TYPE
from orchestrator.kinds.task.numbers import NotANumber, canonical
from orchestrator.planning.seeds.csv_cells import Cell, NotCsv, records
from orchestrator.planning.seeds.exact_json import NotJson, parse
from orchestrator.planning.seeds.rows import Row, Source, Unusable, Wrong
from orchestrator.planning.suggest import did_you_mean
from orchestrator.planning.values import Mark


class BadCell(ValueError):
    """A cell that is not of its column's type; the message says what it would have to be."""


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute, and how a cell of it is read."""

    name: str
    read: Callable[[str], Any]


def rows(source: Source) -> Iterator[Row]:
    """The items, one a record; blank lines are none. Raises Unusable."""
    columns: Sequence[Column] | None = None
    try:
        for line, cells in records(source.lines()):
            if _blank(cells):
                continue
            if columns is None:
                columns = _header(cells, line)
            else:
                yield Row(line, 1, _item(columns, cells))
    except NotCsv as error:
        action = 'Put a cell with quotes or line breaks into quotes, and write a quote in it twice: "".'
        raise Unusable(error.line, 1, Wrong(f"The record that begins here is not CSV: {error}.", action)) from None
    if columns is None:
        message = "The file has no header."
        raise Unusable(1, 1, Wrong(message, "Name the attributes with their types: order_id:S,line:N."))


# ------------------------------------------------------------------------------------------------------------- header

_OTHER_SIGNS = {";": "semicolons", "\t": "tabs"}
"""What other programs put between cells."""


def _header(cells: Sequence[Cell], line: int) -> list[Column]:
    if len(cells) == 1 and (sign := next((one for one in _OTHER_SIGNS if one in (cells[0] or "")), None)):
        message = f"The header is one cell with {_OTHER_SIGNS[sign]} in it."
        raise Unusable(line, 1, Wrong(message, "Commas separate the cells of CSV: save the file with them."))
    columns = [_column((cell or "").strip(), number, line) for number, cell in enumerate(cells, 1)]
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            message = f"The header names `{name}` {names.count(name)} times."
            raise Unusable(line, 1, Wrong(message, "An item has an attribute once; rename or remove one."))
    return columns


def _column(cell: str, number: int, line: int) -> Column:
    name, colon, sort = cell.rpartition(":")
    if not colon:
        name, sort = cell, "S"
    if sort not in _CELLS:
        types = ", ".join(_CELLS)
        action = did_you_mean(sort, _CELLS, f"Types are {types}; a name with a colon needs one: `{cell}:S`.")
        raise Unusable(line, 1, Wrong(f"Column {number} is of a type `{sort}`, which is not known.", action))
    if not name:
        message = f"Column {number} has no name."
        raise Unusable(line, 1, Wrong(message, "Name the attribute that it holds."))
    return Column(name, _CELLS[sort])


# -------------------------------------------------------------------------------------------------------------- cells


def _blank(cells: Sequence[Cell]) -> bool:
    """Whether it is a line with nothing but white space, if anything."""
    return len(cells) == 1 and (cells[0] is None or cells[0].isspace())


def _item(columns: Sequence[Column], cells: Sequence[Cell]) -> Mapping[str, Any] | Wrong:
    if len(cells) != len(columns):
        message = f" has {len(cells)} cells, where the header has {len(columns)}."
        return Wrong(message, "A cell with a comma in it needs quotes; a cell may be empty, but not left out.")
    found: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell is None or (not cell and column.read is not str):
            continue
        try:
            found[column.name] = column.read(cell)
        except BadCell as error:
            return Wrong(f": the cell of `{column.name}` {error}.", "Correct it, or give the column another type.")
    return found


def _number(cell: str) -> Decimal:
    try:
        return Decimal(canonical(cell.strip()))
    except NotANumber as error:
        raise BadCell(str(error)) from None


def _boolean(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in ("true", "false"):
        raise BadCell("is neither true nor false")
    return word == "true"


def _null(cell: str) -> Any:
    if cell.strip() != "null":
        raise BadCell("is not null")
    return Mark.NULL


def _binary(cell: str) -> bytes:
    try:
        return b64decode(cell.strip(), validate=True)
    except (NotBase64, ValueError):
        raise BadCell("is not base64") from None


def _json(kind: type, words: str) -> Callable[[str], Any]:
    def read(cell: str) -> Any:
        try:
            found = parse(cell)
        except NotJson as error:
            raise BadCell(error.message) from None
        if not isinstance(found, kind):
            raise BadCell(f"is not {words}")
        return found

    return read


def _set(sort: str) -> Callable[[str], Any]:
    entries = _json(list, "a JSON list, as a set is written")
    return lambda cell: {TYPE: sort, "values": entries(cell)}


_CELLS: Mapping[str, Callable[[str], Any]] = {
    "S": str,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "SS": _set("SS"),
    "NS": _set("NS"),
    "BS": _set("BS"),
    "L": _json(list, "a JSON list"),
    "M": _json(dict, "a JSON object"),
    "JSON": _json(object, "JSON"),
}
