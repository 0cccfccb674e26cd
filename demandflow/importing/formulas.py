"""Cells that a spreadsheet would run as a formula, made harmless in a file for people, and read again as they were."""

from __future__ import annotations

import re
from functools import cache

RUN = "=+\\-@\uff0b\uff0d\uff1d\uff20"
"""What a formula begins with, blanks before it or not; the wide letters are taken for the narrow ones."""
MARK = "'"
DELIMITERS = (",", "\t", ";", "|")


def harmless(text: str, delimiter: str) -> str:
    """The text of rows, with an apostrophe before every cell that would be run.

    A cell may begin wherever a line or a field does, however quotes are read: that of a damaged row as well.
    """
    return _cells(delimiter).sub(rf"\g<before>\g<marks>{MARK}", text)


def as_it_was(text: str, delimiter: str) -> str:
    """The text of rows before `harmless`: of the apostrophes before each such cell, one is taken away."""
    return _cells(delimiter).sub(lambda cell: cell["before"] + cell["marks"][1:], text)


@cache
def _cells(delimiter: str) -> re.Pattern[str]:
    """Where a cell begins that would be run, with the apostrophes that are already before it."""
    # a spreadsheet may take another delimiter than ours, as its country has it
    delimiters = re.escape("".join(dict.fromkeys((*DELIMITERS, delimiter))))
    blanks = r"[^\S\r\n\t]*"
    begin = rf"(?:^|(?<=[\r\n])|[{delimiters}]){blanks}\"*"
    return re.compile(rf"(?P<before>{begin})(?P<marks>{MARK}*)(?={blanks}[{RUN}])")
