"""Misspelt words: which one was meant, and which two are hard to tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, words: Iterable[str]) -> str | None:
    """The word itself or the most similar one; None if none is similar."""
    known = [str(other) for other in words]
    return word if word in known else next(iter(get_close_matches(word, known)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a remedy that asks after the most similar word; empty if none is similar."""
    return f"; did you mean {similar!r}?" if (similar := meant(word, words)) else ""


def one_letter_apart(first: str, second: str) -> bool:
    """Whether the words differ by one letter (no digit), which is probably a slip."""
    short, long = sorted((first, second), key=len)
    if len(short) < 4:
        return False
    at = next((n for n in range(len(short)) if short[n] != long[n]), len(short))
    same = short[at + 1 :] == long[at + 1 :] if len(short) == len(long) else short[at:] == long[at + 1 :]
    return same and not long[at].isdigit()
