"""Lines of a file, each with a check by which damage is noticed and its line named.

The check of a line is the beginning of the SHA-256 of all bytes of the file before it: from the first of the file to
the last before the check itself. A file is compressed if its name ends in `.gz`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from demandflow.errors import InvalidValue, StorageError, brief
from demandflow.store.sqlite.failures import FILE, storage_errors

DIGITS, LONGEST = 16, 2**26
CHECK, END = b',"check":"', b'"}\n'
TAIL = len(CHECK) + DIGITS + len(END)
GZIP, LEVEL = b"\x1f\x8b", 6


class DamagedFile(StorageError, code="damaged_file"):
    """A file is not what was exported: cut off, changed, or of another log; says from which line on."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(file, line, problem)
        self.file, self.line, self.problem = file, line, problem

    def _sentence(self) -> str:
        return f"{self.file}, line {self.line}: {self.problem}"


class CheckedLine(NamedTuple):
    """A line without its check, its number, and the SHA-256 of all before it."""

    number: int
    text: bytes
    sha256: str


class LineWriter:
    """Writes lines with their checks."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sum = file, hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of all that was written."""
        return self._sum.hexdigest()

    def write(self, line: bytes) -> None:
        """Write a JSON object as a line, with its check as the last member."""
        self._sum.update(line[:-1])
        rest = CHECK + self._sum.hexdigest()[:DIGITS].encode() + END
        self._sum.update(rest)
        self._file.write(line[:-1] + rest)


def file_named(file: object, what: str = "file") -> Path:
    """The path. Raises InvalidValue for what is none."""
    if not isinstance(file, str | Path) or not str(file) or "\0" in str(file):
        raise InvalidValue(what, f"must be the name of a file, got {brief(file)}")
    return Path(file)


@contextmanager
def written(file: IO[bytes], *, compressed: bool) -> Iterator[LineWriter]:
    """What writes lines to this file."""
    if not compressed:
        yield LineWriter(file)
        return
    # without name and time, the same log is the same file
    with gzip.GzipFile("", "wb", LEVEL, file, 0) as packed:
        yield LineWriter(cast("IO[bytes]", packed))


def read(path: Path) -> Iterator[CheckedLine]:
    """The lines of the file, checked. Raises DamagedFile at the first that was changed, or StorageError."""
    number, total = 0, hashlib.sha256()
    with storage_errors(FILE), ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(path.open("rb"))
        begins = file.read(len(GZIP))
        file.seek(0)
        if begins == GZIP:
            file = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file)))
        while True:
            number += 1
            try:
                line = file.readline(LONGEST)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                problem = "it ends here, cut off" if isinstance(error, EOFError) else "what is compressed is damaged"
                raise DamagedFile(str(path), number, problem) from None
            if not line:
                return
            before, text = total.hexdigest(), line[:-TAIL]
            total.update(text)
            expected = CHECK + total.hexdigest()[:DIGITS].encode() + END
            if line[-TAIL:] != expected:
                raise DamagedFile(str(path), number, _problem(line))
            total.update(expected)
            yield CheckedLine(number, text + b"}", before)


def _problem(line: bytes) -> str:
    if not line.endswith(b"\n"):
        return "it ends here, cut off" if len(line) < LONGEST else f"it is longer than {LONGEST} bytes"
    has_a_check = re.fullmatch(rb',"check":"[0-9a-f]{16}"}\n', line[-TAIL:])
    return "it was changed, or lines before it are missing" if has_a_check else "it is no line of an export"
