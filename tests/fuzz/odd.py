"""Values and texts by lot: usual ones, odd ones, and usual ones with something wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.unit.project.test_odd_arguments import ODD

LETTERS = "aZé房\u0301\u200b\ufeff\u202e\n\t\0 '\"\\/;,.|=-+0123456789{}[]%_*\U0001f4a1"
T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def text(dice: Random, longest: int = 12) -> str:
    """Any text."""
    return "".join(dice.choices(LETTERS, k=dice.randrange(longest)))


def value(dice: Random, usual: Any, depth: int = 2) -> Any:
    """Any value: often the usual one, or one that is near it."""
    match dice.randrange(12 if depth else 10):
        case 0 | 1 | 2:
            return usual
        case 3:
            return spoilt(dice, usual) if isinstance(usual, str) else usual
        case 4:
            return text(dice)
        case 5:
            return dice.choice((0, 1, -1, 2**31, 2**63, -(2**70), 0.5, float("inf"), True, None, "", " "))
        case 6:
            return T0 + timedelta(
                days=dice.choice((0, 1, -1, 400, -(700_000), 2_000_000)), microseconds=dice.randrange(2)
            )
        case 7 | 8:
            return dice.choice(tuple(ODD.values()))
        case 9:
            return dice.choice((dict, set, object, type(usual)))
        case 10:
            return [value(dice, usual, depth - 1) for _ in range(dice.randrange(3))]
    return {text(dice, 4): value(dice, usual, depth - 1) for _ in range(dice.randrange(3))}


def spoilt(dice: Random, usual: str, times: int = 1) -> str:
    """A text with something added, taken away, doubled or changed, so many times."""
    for _ in range(times):
        at, end = sorted(dice.randrange(len(usual) + 1) for _ in range(2))
        end = min(end, at + dice.choice((0, 1, 1, 3, 40)))
        put = dice.choice(("", text(dice, 3), usual[at:end] * 2, dice.choice(LETTERS)))
        usual = usual[:at] + put + usual[end:]
    return usual


def spoilt_bytes(dice: Random, usual: bytes, times: int = 1) -> bytes:
    """Bytes of which some are others, are gone or were put in."""
    for _ in range(times):
        at = dice.randrange(len(usual) + 1)
        put = dice.choice((b"", bytes([dice.randrange(256)]), dice.randbytes(dice.choice((1, 4, 60)))))
        usual = usual[:at] + put + usual[at + dice.choice((0, 1, len(put))) :]
    return usual
