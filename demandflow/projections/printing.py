"""Moments and durations as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
)


def lasted(time: timedelta | None) -> str:
    """A duration in its two largest units: `3 d 5 h`; n/a for None."""
    if time is None:
        return "n/a"
    numbers: list[tuple[int, str]] = []
    for unit, size in UNITS:
        number, time = divmod(time, size)
        numbers += [(number, unit)] if number or numbers else []
    return " ".join(f"{number} {unit}" for number, unit in numbers[:2] if number) or ("under 1 s" if time else "0 s")


def minute(moment: datetime) -> str:
    """A moment to the minute, with its zone."""
    return f"{moment:%Y-%m-%d %H:%M %Z}"
