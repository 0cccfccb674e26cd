"""Sheet: a CSV or TSV file as rows, each whole or damaged, none lost."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self

from demandflow.errors import InvalidValue, listed

REASON = "refused because"
"""The first column of a file of refused rows, so that it can be fed in again once the rows are mended."""
DELIMITERS = (",", "\t", ";", "|")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Line:
    """A row of the file: its first physical line (from 1), its text as it stands, and its fields or its damage."""

    number: int
    raw: str
    fields: tuple[str, ...] = ()
    damage: str | None = None


class Form(Protocol):
    """What is known of a file before it is read."""

    @property
    def encoding(self) -> str:
        """In which it is written, unless a mark at its beginning says otherwise."""

    @property
    def delimiter(self) -> str | None:
        """What stands between fields; None to take the one by which the columns are found."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those it must have."""

    def is_whole(self, fields: Mapping[str, str]) -> bool:
        """Whether these fields tell of a demand by themselves."""


class Sheet:
    """An open CSV or TSV file, packed by gzip or not; its header, and its rows."""

    def __init__(self, binary: IO[bytes], size: int, form: Form) -> None:
        self._binary, self.size = binary, size
        start = binary.read(3)
        binary.seek(0)
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), form.encoding)
        unpacked = gzip.GzipFile(fileobj=binary) if start.startswith(b"\x1f\x8b") else binary
        # bytes that cannot be read are kept as they are, so that only their row is damaged
        errors = "strict" if "16" in marked else "surrogateescape"
        text = io.TextIOWrapper(unpacked, marked, errors, newline="")
        self.encoding, self.errors = marked, errors
        self._is_whole = form.is_whole
        self._physical = enumerate(text, start=1)
        self._pushed_back: list[tuple[int, str]] = []
        first = next(self._lines(), (1, ""))
        self.delimiter, self.header, self.refed = _read_header(first[1], form.delimiter, form.columns)
        self.raw_header = self._without_reason(first[1])

    @classmethod
    @contextmanager
    def open(cls, path: Path, form: Form) -> Iterator[Self]:
        """Open the file. Raises InvalidValue if it cannot be read, or has not the columns that are needed."""
        try:
            with path.open("rb") as binary:
                yield cls(binary, path.stat().st_size, form)
        except (OSError, EOFError, UnicodeError, LookupError) as problem:
            raise InvalidValue("file", f"{path.name} cannot be read: {problem}") from problem

    @property
    def done(self) -> int:
        """How many bytes of the file have been read, about."""
        return self._binary.tell()

    def rows(self) -> Iterator[Line]:
        """The rows, in order; empty lines are none."""
        for number, text in self._lines():
            if text.strip("\r\n "):
                yield self._row(number, text)

    def _lines(self) -> Iterator[tuple[int, str]]:
        while True:
            line = self._pushed_back.pop() if self._pushed_back else next(self._physical, None)
            if line is None:
                return
            yield line

    def _row(self, number: int, text: str) -> Line:
        """The row that begins here. What a stray quote swallows is given back, so that only its own line is damaged."""
        taken = [(number, self._without_reason(text))]

        def feed() -> Iterator[str]:
            yield taken[0][1]
            for line in self._lines():
                taken.append(line)
                yield line[1]

        damage = None
        try:
            fields = next(csv.reader(feed(), delimiter=self.delimiter, strict=True))
        except csv.Error as problem:
            fields, damage = [], f"a quote is not closed as it should be ({problem})"
        raw = "".join(line for _, line in taken)
        if damage is None and len(fields) != len(self.header):
            damage = f"it has {len(fields)} fields, the header has {len(self.header)}"
        if damage is None and self._swallowed([line for _, line in taken[1:]]):
            damage = "a quote seems to be open over several rows"
        if damage is not None and len(taken) > 1:
            self._pushed_back += reversed(taken[1:])
            raw = taken[0][1]
        if damage is None and _UNDECODED.search(raw):
            damage = f"it has bytes that are not {self.encoding}; say which encoding the file has"
        return Line(number, raw, tuple(fields), damage)

    def _swallowed(self, later: list[str]) -> bool:
        """Whether a line inside a row is a whole row by itself."""
        for line in later:
            try:
                fields = next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
            except csv.Error:
                continue
            if len(fields) == len(self.header) and self._is_whole(dict(zip(self.header, fields, strict=True))):
                return True
        return False

    def _without_reason(self, text: str) -> str:
        """The line without the reason for which it was refused before, if the file is one of refused rows."""
        if not self.refed:
            return text
        mark = re.escape(self.delimiter)
        return re.sub(rf'^(?:"(?:[^"]|"")*"|[^{mark}"]*){mark}', "", text, count=1)


class RefusedFile:
    """A file of refused rows: the reason first, then the row as it stood, in the encoding it had."""

    def __init__(self, sheet: Sheet, out: IO[bytes]) -> None:
        self._out, self._sheet = out, sheet
        encoding = {"utf-16": "utf-16-le"}.get(sheet.encoding, sheet.encoding)
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        if encoding == "utf-16-le":
            out.write(b"\xff\xfe")
        self._write(REASON, sheet.raw_header)

    def add(self, line: Line, reason: str) -> None:
        """Keep one row."""
        self._write('"' + " ".join(reason.split()).replace('"', '""') + '"', line.raw)

    def _write(self, first: str, raw: str) -> None:
        ended = raw if raw.endswith(("\n", "\r")) else f"{raw}\n"
        text = f"{first}{self._sheet.delimiter}{ended}"
        self._out.write(text.encode(self._encoding, self._sheet.errors))


def _read_header(text: str, delimiter: str | None, needed: Collection[str]) -> tuple[str, tuple[str, ...], bool]:
    """The delimiter, the names of the columns, and whether the file is one of refused rows."""
    tried: list[str] = []
    for one in (delimiter,) if delimiter else DELIMITERS:
        names = [name.strip() for name in next(csv.reader([text.lstrip("\ufeff")], delimiter=one), [])]
        refed = names[:1] == [REASON]
        names = names[1:] if refed else names
        tried = max(tried, names, key=len)
        if set(needed) <= set(names):
            if twice := sorted({name for name in needed if names.count(name) > 1}):
                raise InvalidValue("file", f"has the column {listed(twice)} more than once")
            return one, tuple(names), refed
    missing = [name for name in needed if name not in tried]
    raise InvalidValue("file", f"has no column {listed(missing)} (it has: {listed(tried)})")
