"""Attempts: who was overtaken tries again at once, and if that happens again and again, after a pause by lot."""

from __future__ import annotations

from random import uniform
from time import sleep

ATTEMPTS = 50
SHORTEST, LONGEST = 0.008, 0.1
"""Seconds: the first pause is at most the one, each next up to twice as long, and none longer than the other."""


def pause(number: int) -> None:
    """Pause after the attempt of this number (from 0) was overtaken: after every second one.

    Of eight that write to one demand all the time seven work in vain. Who pauses makes room for the others; and who
    was overtaken just now has the best chance at once, since nobody knows of the newest event earlier.
    """
    if number % 2:
        sleep(uniform(0, min(LONGEST, SHORTEST * 2.0 ** (number // 2))))  # noqa: S311
