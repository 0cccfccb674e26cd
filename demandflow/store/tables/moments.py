"""Moments as the tables made from the log keep them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@overload
def microseconds(at: datetime) -> int: ...
@overload
def microseconds(at: datetime | None) -> int | None: ...
def microseconds(at: datetime | None) -> int | None:
    """A moment as the tables made from the log keep it: microseconds since 1970 in UTC."""
    return None if at is None else (at - EPOCH) // MICROSECOND


@overload
def at_microseconds(number: int) -> datetime: ...
@overload
def at_microseconds(number: int | None) -> datetime | None: ...
def at_microseconds(number: int | None) -> datetime | None:
    """The moment of such a number, in UTC."""
    return None if number is None else EPOCH + number * MICROSECOND


def written(at: datetime | None) -> str | None:
    """A moment as other tables keep it: a text of fixed width, so that texts sort as moments do."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment of such a text."""
    return datetime.fromisoformat(text)
