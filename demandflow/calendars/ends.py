"""What is said of a calendar before it knows no more days."""

from __future__ import annotations

from datetime import date

from demandflow.errors import listed


class CalendarEnds(UserWarning):
    """A calendar soon knows no more days, or none already; said when a log is opened, as any other warning.

    `users` are the clocks and policies that count by it; `until` is the last date that it knows, None if it has ended.
    """

    def __init__(self, calendar: str, users: tuple[str, ...], until: date | None, today: date) -> None:
        super().__init__(calendar, users, until, today)
        self.calendar, self.users, self.until, self.today = calendar, users, until, today

    def __str__(self) -> str:
        ends = f"does not know {self.today.year}"
        year = self.today.year
        if self.until is not None:
            ends = f"knows no day after {self.until}, in {(self.until - self.today).days} days"
            year = self.until.year + 1
        return (
            f"calendar {self.calendar!r} {ends}: deadlines that reach there will have no date until it does "
            f"({listed(self.users)}). Add a source of days for {year}, or Days.none([{year}]) if it has none of its own"
        )
