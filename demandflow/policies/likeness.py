"""How alike two texts are, also where words have no blanks between them. Needs the extra `demandflow[policies]`."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

LONG_ENOUGH = 20
"""Letters that a text must have to be looked for inside another: a few words stand in many."""


def needs_rapidfuzz() -> None:
    """Raise ModuleNotFoundError, saying what to install, where rapidfuzz is missing."""
    try:
        import rapidfuzz as _rapidfuzz
    except ModuleNotFoundError as missing:
        problem = "repeats need rapidfuzz: pip install 'demandflow[policies]', or suggest none (alike=None)"
        raise ModuleNotFoundError(problem, name=missing.name) from None
    del _rapidfuzz


@lru_cache(maxsize=10_000)
def letters(text: str) -> str:
    """The letters and digits of a text in one spelling (NFKC): what is typed full width or in capitals is the same."""
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


def likeness(one: str, other: str, at_least: int = 0) -> float:
    """How alike two texts are, from 0 to 100; 0 if they are less alike than `at_least`.

    It is the share of letters that both have in the same order (`ratio`); where that is too little, and the shorter
    text is not very short, it is that of the shorter text and the most alike part of the longer (`partial_ratio`): a
    message that was pasted into a letter. Scorers of words (`token_set_ratio`) find one word in a Chinese text and say
    the same as `ratio`.
    """
    from rapidfuzz import fuzz

    first, second = letters(one), letters(other)
    if not first or not second:
        return 0.0
    whole = fuzz.ratio(first, second, score_cutoff=at_least)
    if (at_least and whole) or min(len(first), len(second)) < LONG_ENOUGH:
        return whole
    return max(whole, fuzz.partial_ratio(first, second, score_cutoff=at_least))
