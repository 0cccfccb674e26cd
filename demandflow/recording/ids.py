"""Ids and moments where the caller gives none: the only place that reads a clock or draws random numbers."""

from __future__ import annotations

import json
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID, uuid5

DEMANDS = UUID("5f3c2c1e-0d1f-5f55-8f62-6d1b8f7f2f60")
"""The namespace of ids that are derived. Never change it: ids of recorded demands depend on it."""


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds that have really gone by, whatever the clock is set to; time asleep counts where the system counts it."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)


def uuid7() -> UUID:
    """A new id that sorts by time: milliseconds, a fraction of 1/4096 ms, 62 random bits (RFC 9562, 5.7, method 3)."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62))


def derived_id(tenant: str | None, *names: str, kind: str | None = None) -> UUID:
    """The same id for the same names, always and everywhere; another for each kind of stream but demands."""
    named = [tenant, *names] if kind is None else [tenant, *names, {"kind": kind}]
    return uuid5(DEMANDS, json.dumps(named, ensure_ascii=False))


def id_by_command(tenant: str | None, command: str, kind: str | None = None) -> UUID:
    """The id of the stream that a command of this id begins."""
    return uuid5(derived_id(tenant, kind=kind), f"command {command}")
