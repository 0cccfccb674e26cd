"""Results as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


def as_data(value: Any) -> Any:
    """A result as JSON takes it: its parts as mappings and lists, ids and moments as texts."""
    if is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_data(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return list(map(as_data, value))
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
