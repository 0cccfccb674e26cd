"""Sheet: a CSV or TSV file as rows, each whole or damaged, none lost."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self

from demandflow.errors import InvalidValue, listed
from demandflow.importing.formulas import DELIMITERS, as_it_was, harmless

REASON = "refused because"
"""The first column of a file of refused rows, so that it can be fed in again once the rows are mended."""
LONGEST = 1_000_000
"""Characters of a row; a quote that stays open for longer is a stray one."""
UNREADABLE = (OSError, EOFError, UnicodeError, zlib.error)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDECODED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Line:
    """A row of the file: its first physical line (from 1), its text, and its fields or its damage."""

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
        packed = binary.read(2) == b"\x1f\x8b"
        binary.seek(0)
        plain = io.BufferedReader(gzip.GzipFile(fileobj=binary) if packed else binary)  # type: ignore[type-var]
        start = plain.peek(4)
        name = next((name for mark, name in _MARKS if start.startswith(mark)), codecs.lookup(form.encoding).name)
        # what cannot be read is kept as it is, so that only its row is damaged
        self.encoding, self.errors = name, "surrogatepass" if name.startswith("utf-16") else "surrogateescape"
        self._is_whole = form.is_whole
        self._physical = enumerate(io.TextIOWrapper(plain, name, self.errors, newline=""), start=1)
        self._pushed_back: list[tuple[int, str]] = []
        self._unreadable: str | None = None
        self.refed, self.delimiter = False, form.delimiter or ","
        self.header: tuple[str, ...] = ()
        self.raw_header = self._read_header(form)

    @classmethod
    @contextmanager
    def open(cls, path: Path, form: Form) -> Iterator[Self]:
        """Open the file. Raises InvalidValue if it cannot be read, or has not the columns that are needed."""
        with _unreadable(path):
            binary, size = path.open("rb"), path.stat().st_size
        with binary:
            with _unreadable(path):
                sheet = cls(binary, size, form)
            yield sheet

    @property
    def done(self) -> int:
        """How many bytes of the file have been read, about."""
        return self._binary.tell()

    def rows(self) -> Iterator[Line]:
        """The rows, in order; empty lines are none. Where the file cannot be read any further, that is the last."""
        number = 1
        for number, text in self._lines():
            if text.strip("\r\n "):
                yield self._row(number, text)
        if self._unreadable is not None:
            yield Line(number + 1, "", damage=f"the file cannot be read from here on: {self._unreadable}")

    def _lines(self) -> Iterator[tuple[int, str]]:
        while True:
            if self._pushed_back:
                yield self._pushed_back.pop()
                continue
            try:
                line = next(self._physical, None)
            except UNREADABLE as problem:
                self._unreadable = str(problem)
                return
            if line is None:
                return
            yield (line[0], as_it_was(line[1], self.delimiter)) if self.refed else line

    def _row(self, number: int, text: str) -> Line:
        """The row that begins here. What a stray quote swallows is given back, so that only its own line is damaged."""
        taken = [(number, self._without_reason(text))]
        damage = None
        try:
            fields = next(csv.reader(self._feed(taken), delimiter=self.delimiter, strict=True))
        except csv.Error as problem:
            fields, damage = [], f"a quote is not closed as it should be, or the row is too long ({problem})"
        if self.refed and taken[0][1] == text and len(fields) == len(self.header) + 1:
            fields = fields[1:]  # a reason that somebody wrote
            taken[0] = (number, _after_first_field(taken[0][1], self.delimiter))
        if damage is None and len(fields) != len(self.header):
            damage = f"it has {len(fields)} fields, the header has {len(self.header)}"
        if damage is None and self._swallowed([line for _, line in taken[1:]]):
            damage = "a quote seems to be open over several rows"
        if damage is not None:
            self._pushed_back += reversed(taken[1:])
            del taken[1:]
        raw = "".join(line for _, line in taken)
        if damage is None and _UNDECODED.search(raw):
            damage = f"it has bytes that are not {self.encoding}; say which encoding the file has"
        return Line(number, raw, tuple(fields), damage)

    def _feed(self, taken: list[tuple[int, str]]) -> Iterator[str]:
        """The lines of a row as far as they are needed, kept in `taken`; at most so many characters."""
        yield taken[0][1]
        length = len(taken[0][1])
        for line in self._lines():
            taken.append(line)
            length += len(line[1])
            if length > LONGEST:
                raise csv.Error(f"over {LONGEST} characters")
            yield line[1]

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
        """The line without the reason that was written before it, if the file is one of refused rows."""
        if not self.refed:
            return text
        return re.sub(rf'^"line \d+: (?:[^"]|"")*"{re.escape(self.delimiter)}', "", text, count=1)

    def _read_header(self, form: Form) -> str:
        """The text of the header, from which delimiter, columns and kind of the file follow."""
        first = next((line for line in self._lines() if line[1].strip("\ufeff\r\n ")), (1, ""))
        tried: list[str] = []
        for delimiter in (form.delimiter,) if form.delimiter else DELIMITERS:
            taken = [(first[0], first[1].lstrip("\ufeff"))]
            try:
                names = next(csv.reader(self._feed(taken), delimiter=delimiter, strict=True), [])
            except csv.Error:
                names = []
            names = [name.strip() for name in names]
            refed = names[:1] == [REASON]
            names = [as_it_was(name, delimiter) for name in names[1:]] if refed else names
            tried = max(tried, names, key=len)
            if set(form.columns) <= set(names):
                if twice := sorted({name for name in form.columns if names.count(name) > 1}):
                    raise InvalidValue("file", f"has the column {listed(twice)} more than once")
                self.refed, self.delimiter, self.header = refed, delimiter, tuple(names)
                text = "".join(line for _, line in taken)
                if not refed:
                    return text
                self._pushed_back = [(number, as_it_was(line, delimiter)) for number, line in self._pushed_back]
                return as_it_was(_after_first_field(text, delimiter), delimiter)
            self._pushed_back += reversed(taken[1:])
        missing = [name for name in form.columns if name not in tried]
        garbled = any(map(_UNDECODED.search, tried))
        has = f"its header is not {self.encoding}; say which encoding it has" if garbled else f"it has: {listed(tried)}"
        raise InvalidValue("file", f"has no column {listed(missing)} ({has})")


class RefusedFile:
    """A file of refused rows: the reason first, then the row unchanged, in its encoding.

    What a spreadsheet would run as a formula has an apostrophe before it, which reading takes away again.
    """

    def __init__(self, sheet: Sheet, out: IO[bytes]) -> None:
        self._out, self._sheet = out, sheet
        # the mark stands once, at the beginning
        self._encoding = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(
            sheet.encoding, sheet.encoding
        )
        out.write({"utf-16": codecs.BOM_UTF16_LE, "utf-32": codecs.BOM_UTF32_LE}.get(sheet.encoding, b""))
        self._write(REASON, sheet.raw_header)

    def add(self, line: Line, reason: str) -> None:
        """Keep one row."""
        self._write('"' + " ".join(reason.split()).replace('"', '""') + '"', line.raw)

    def _write(self, first: str, raw: str) -> None:
        raw = harmless(raw, self._sheet.delimiter)
        ended = raw if raw.endswith(("\n", "\r")) else f"{raw}\n"
        self._out.write(f"{first}{self._sheet.delimiter}".encode(self._encoding, "backslashreplace"))
        self._out.write(ended.encode(self._encoding, self._sheet.errors))


def _after_first_field(text: str, delimiter: str) -> str:
    """The text of a row after its first field."""
    mark = re.escape(delimiter)
    return re.sub(rf'^(?:"(?:[^"]|"")*"|[^{mark}]*){mark}', "", text, count=1)


@contextmanager
def _unreadable(path: Path) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as problem:
        raise InvalidValue("file", f"{path.name} cannot be read: {problem}") from problem
