"""What became of the rows of a file: the report adds up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from demandflow.errors import brief

SHOWN = 40


@dataclass(frozen=True)
class Difference:
    """What a file says otherwise than the log: of which event, which field, what it was and what it is now.

    `replaces` is the field of the fact, if it is one; `corrected` says that a correction was recorded, `objection` why
    it was refused. What a correction cannot replace stays as it was recorded.
    """

    event: int
    field: str
    was: Any
    now: Any
    replaces: str | None = None
    corrected: bool = False
    objection: str = ""

    def __str__(self) -> str:
        done = ", corrected" if self.corrected else f" (not corrected: {self.objection})" if self.objection else ""
        return f"{self.field}: {_shown(self.was, self.now)} → {_shown(self.now, self.was)}{done}"


@dataclass(frozen=True)
class Changed:
    """A row that says something else than is recorded of its demand."""

    line: int
    reference: str
    demand: UUID
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class ImportedRow:
    """What a row came to that was not refused: recorded or not, of a known demand or not, or changed."""

    recorded: bool = False
    known: bool = False
    changed: Changed | None = None


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not recorded: its line, its text in the file, and why."""

    line: int
    raw: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What became of the rows: read = recorded + unchanged + changed + refused.

    `recorded` rows brought a new demand, or new steps of a known one (`continued` of them).
    """

    file: str
    read: int = 0
    recorded: int = 0
    continued: int = 0
    unchanged: int = 0
    changed: tuple[Changed, ...] = ()
    refused: tuple[RefusedRow, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == self.recorded + self.unchanged + len(self.changed) + len(self.refused)

    def __str__(self) -> str:
        sign = "=" if self.adds_up else "≠"
        known = f" ({self.continued} of a known demand)" if self.continued else ""
        mended = sum(any(difference.corrected for difference in row.differences) for row in self.changed)
        corrected = f" ({mended} corrected)" if mended else ""
        parts = f"{self.recorded} recorded{known} + {self.unchanged} unchanged + {len(self.changed)} changed{corrected}"
        return f"{self.file}: {self.read} read {sign} {parts} + {len(self.refused)} refused"


@dataclass
class Counts:
    """What became of the rows so far."""

    read: int = 0
    recorded: int = 0
    continued: int = 0
    unchanged: int = 0
    changed: list[Changed] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def add(self, row: ImportedRow) -> None:
        """Count a row that was not refused."""
        self.read += 1
        if row.changed is not None:
            self.changed.append(row.changed)
        elif row.recorded:
            self.recorded += 1
            self.continued += row.known
        else:
            self.unchanged += 1

    def refuse(self, line: int, raw: str, reason: str) -> None:
        """Count a row that was refused."""
        self.read += 1
        self.refused.append(RefusedRow(line, raw, reason))

    def report(self, file: str) -> Report:
        """The report."""
        numbers = self.read, self.recorded, self.continued, self.unchanged
        return Report(file, *numbers, tuple(self.changed), tuple(self.refused))


@dataclass(frozen=True)
class Progress:
    """How far an import has come: rows so far, rows a second, the share of the file (0 to 1), seconds left."""

    rows: int
    rate: float
    share: float
    seconds_left: float

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.share:.0%}, {self.rate:.0f} a second, {self.seconds_left:.0f} s left"


def _shown(value: Any, other: Any) -> str:
    """A value as it is reported; of long texts, what is around the first letter that differs."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S %Z}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str) and isinstance(other, str) and len(value) > SHOWN:
        same = next((at for at, (a, b) in enumerate(zip(value, other, strict=False)) if a != b), len(other))
        began = max(0, same - SHOWN // 2)
        return brief(f"{'…' if began else ''}{value[began : began + SHOWN]}…")
    return brief(value)
