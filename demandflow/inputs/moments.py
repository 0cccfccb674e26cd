"""Moments as callers give them: with a time zone, from 1900 to 2199, kept in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from demandflow.errors import InvalidValue, brief

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def moment(value: object, what: str = "moment") -> datetime:
    """The value as a moment in UTC; InvalidValue if it has no time zone or lies outside 1900–2199."""
    if type(value) is datetime and value.tzinfo is UTC and EARLIEST <= value < LATEST:
        return value
    if not isinstance(value, datetime):
        raise InvalidValue(what, f"must be a datetime, got {brief(value)}")
    try:
        # a moment of another library may carry nanoseconds, which are cut before anything is compared
        plain = value if type(value) is datetime else datetime.combine(value.date(), value.timetz())
        if plain.utcoffset() is None:
            raise InvalidValue(what, f"{plain.isoformat()} has no time zone; give it one (for instance tzinfo=UTC)")
        if not EARLIEST <= plain < LATEST:
            raise InvalidValue(what, f"{plain.isoformat()} lies outside 1900–2199")
        return plain.astimezone(UTC)
    except InvalidValue:
        raise
    except Exception as error:  # what a time zone or a moment of somebody else's may raise is not known
        raise InvalidValue(what, f"{brief(value)} cannot be read as a moment ({brief(error)})") from None
