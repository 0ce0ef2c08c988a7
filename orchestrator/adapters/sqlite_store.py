"""A state store in one file, for the processes of one machine: SQLite in WAL mode, one short transaction a write."""

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from anyio import to_thread

from orchestrator.errors import Contradicted, StoreUnavailable
from orchestrator.model import ANY, Check, Delete, Expected, Key, Put, Row, Write
from orchestrator.ports import Clock

T = TypeVar("T")
Connect = Callable[[], sqlite3.Connection]

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS rows (partition TEXT NOT NULL, sort TEXT NOT NULL, version TEXT NOT NULL, "
    "body TEXT NOT NULL, expires REAL, PRIMARY KEY (partition, sort)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS rows_by_expires ON rows (expires)",
)
"""Each write, so each heartbeat, removes what has expired: without the index it would look at every row for that."""
BUSY_SECONDS = 20.0
"""How long a write waits for those of other processes, each of which takes milliseconds."""
IS_STORE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'rows'"
THREAD_SECONDS = 0.25
"""How long at a time, for a thread can't be cancelled: a run that is to stop must not wait for somebody who hangs."""
PAUSE_SECONDS = 0.05
IS_OTHER = "SELECT 1 FROM sqlite_master WHERE type = 'table'"
GET = "SELECT partition, sort, version, body, expires FROM rows WHERE partition = ? AND sort = ?"
OLDEST = (
    "SELECT partition, sort, version, body, expires FROM rows WHERE partition = ? AND sort > ? ORDER BY sort LIMIT ?"
)
NEWEST = (
    "SELECT partition, sort, version, body, expires FROM rows WHERE partition = ? AND (? = '' OR sort < ?) "
    "ORDER BY sort DESC LIMIT ?"
)
PUT = "INSERT OR REPLACE INTO rows (partition, sort, version, body, expires) VALUES (?, ?, ?, ?, ?)"


class SqliteStore:
    """The Store port over a file, which the first write makes. `clock` says which rows have expired."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._made = False
        self._turn = threading.Lock()

    async def make(self) -> None:
        await self._used(lambda connection: None)

    async def get(self, *keys: Key) -> Sequence[Row | None]:
        def read(connection: sqlite3.Connection) -> Sequence[Row | None]:
            return [_row(connection, key) for key in keys]

        return await self._reading(read, [None] * len(keys))

    async def rows(
        self, partition: str, *, after: str = "", limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Row]:
        most = -1 if limit is None else limit
        query = NEWEST if newest_first else OLDEST
        values = (partition, after, after, most) if newest_first else (partition, after, most)

        def read(connection: sqlite3.Connection) -> Sequence[Row]:
            return [_made(*found) for found in connection.execute(query, values)]

        return await self._reading(read, [])

    async def write(self, *writes: Write) -> str:
        version, now = secrets.token_hex(8), self._clock.now()

        def write_all(connection: sqlite3.Connection) -> str:
            connection.execute("BEGIN IMMEDIATE")
            for write in writes:
                if not _holds(_row(connection, write.key), write.expected):
                    connection.rollback()
                    raise Contradicted(write.key)
            for write in writes:
                _do(connection, write, version)
            connection.execute("DELETE FROM rows WHERE expires < ?", (now,))
            connection.commit()
            return version

        return await self._used(write_all)

    async def _reading(self, read: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """What `read` returns; a file that is not there yet, or is empty, holds nothing. Reading changes no file."""

        def found(connection: sqlite3.Connection) -> T:
            return read(connection) if self._is_store(connection) else nothing

        if not self._made and not self._is_there():
            return nothing
        return await self._used(found, self._writer if self._made else self._reader)

    def _is_store(self, connection: sqlite3.Connection) -> bool:
        """Whether it holds runs, not nothing. Raises StoreUnavailable for what somebody else keeps."""
        if connection.execute(IS_STORE).fetchone():
            return True
        if connection.execute(IS_OTHER).fetchone():
            raise StoreUnavailable("OtherDatabase", f"{self._path} holds something else than runs", lost=True)
        return False

    async def _used(self, work: Callable[[sqlite3.Connection], T], connect: Connect | None = None) -> T:
        """Do `work`, once others let it."""
        until = self._clock.now() + BUSY_SECONDS
        while True:
            try:
                return await to_thread.run_sync(self._once, work, connect or self._writer)
            except StoreUnavailable as error:
                if not error.code.startswith("SQLITE_BUSY") or self._clock.now() >= until:
                    raise
            await self._clock.sleep(PAUSE_SECONDS)

    def _once(self, work: Callable[[sqlite3.Connection], T], connect: Connect) -> T:
        """Do `work` in a thread, with a connection of its own: a file may be replaced, and a fork must not share one."""
        try:
            with self._turn, closing(connect()) as connection:
                return work(connection)
        except (sqlite3.Error, OSError) as error:
            raise _unavailable(error, self._path) from None

    def _reader(self) -> sqlite3.Connection:
        """Also of a file in a folder that may not be written, as long as nobody writes it."""
        self._still_there()
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        still = not self._path.with_name(f"{self._path.name}-wal").exists() and not os.access(
            self._path.parent, os.W_OK
        )
        return sqlite3.connect(
            address + ("&immutable=1" if still else ""), uri=True, timeout=THREAD_SECONDS, isolation_level=None
        )

    def _is_there(self) -> bool:
        """Whether the file is; raises StoreUnavailable where not even its folder is."""
        try:
            there, folder = self._path.exists(), self._path.absolute().parent
            if there or folder.is_dir():
                return there
        except OSError as error:
            raise _unavailable(error, self._path) from None
        raise StoreUnavailable("FolderMissing", f"{folder}, the folder of {self._path.name}, is not there", lost=True)

    def _still_there(self) -> None:
        if self._made and not self._path.exists():
            raise StoreUnavailable("FileGone", f"{self._path} is not there any more", lost=True)
        if self._path.is_dir():
            raise StoreUnavailable("IsAFolder", f"{self._path} is a folder, no file", lost=True)

    def _writer(self) -> sqlite3.Connection:
        self._still_there()
        self._is_there()
        connection = sqlite3.connect(self._path, timeout=THREAD_SECONDS, isolation_level=None)
        if not self._made:
            try:
                self._is_store(connection)
            except StoreUnavailable:
                connection.close()
                raise
            connection.execute("PRAGMA journal_mode = WAL")
            for statement in SCHEMA:
                connection.execute(statement)
            self._made = True
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def _row(connection: sqlite3.Connection, key: Key) -> Row | None:
    found = connection.execute(GET, (key.partition, key.sort)).fetchone()
    return _made(*found) if found else None


def _made(partition: str, sort: str, version: str, body: str, expires: float | None) -> Row:
    return Row(Key(partition, sort), version, json.loads(body), expires)


def _holds(row: Row | None, expected: Expected) -> bool:
    return expected is ANY or (row.version if row else None) == expected


def _do(connection: sqlite3.Connection, write: Write, version: str) -> None:
    key = (write.key.partition, write.key.sort)
    match write:
        case Put(_, body, _, expires):
            values = (*key, version, json.dumps(body), expires)
            connection.execute(PUT, values)
        case Delete():
            connection.execute("DELETE FROM rows WHERE partition = ? AND sort = ?", key)
        case Check():
            pass


def _unavailable(error: Exception, path: Path) -> StoreUnavailable:
    """What is only busy or full for now may pass; a file that is no database or may not be written does not."""
    code = getattr(error, "sqlite_errorname", None) or type(error).__name__
    passing = code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR"))
    return StoreUnavailable(code, f"{error}, {path}", lost=not passing)
