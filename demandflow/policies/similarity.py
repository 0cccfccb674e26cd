"""How alike two texts are, also where words have no blanks between them. Needs the extra `demandflow[policies]`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, TypeVar
from unicodedata import normalize

LONG_ENOUGH = 20
"""Letters that a text must have to be looked for inside another: a few words stand in many."""
MARKS = 4096
MANY = 10_000
"""Texts: what was read of more is forgotten once it is not gone through any more."""
T = TypeVar("T")


def needs_rapidfuzz() -> None:
    """Raise ModuleNotFoundError, saying what to install, where rapidfuzz is missing."""
    try:
        import rapidfuzz as _rapidfuzz
    except ModuleNotFoundError as missing:
        problem = "repeats need rapidfuzz: pip install 'demandflow[policies]', or suggest none (alike=None)"
        raise ModuleNotFoundError(problem, name=missing.name) from None
    del _rapidfuzz


def letters(text: str) -> str:
    """The letters and digits of a text in one spelling (NFKC): what is typed full width or in capitals is the same."""
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


class _Read(NamedTuple):
    """A text as it is compared: its letters, and a mark for each, also for the second and third of the same."""

    letters: str
    marks: int

    @classmethod
    def of(cls, text: str) -> _Read:
        spelling, marks = letters(text), 0
        for letter, times in Counter(spelling).items():
            for time in range(times):
                marks |= 1 << (ord(letter) * 31 + time * 977) % MARKS
        return cls(spelling, marks)


class _Kept:
    """The texts that were read, so that each is read once: all of one question, however many they are.

    When a question begins and there are many, those that were not needed since the last time are let go.
    """

    def __init__(self) -> None:
        self.newer: dict[str, _Read] = {}
        self.older: dict[str, _Read] = {}

    def begin(self) -> None:
        if len(self.newer) > MANY:
            self.newer, self.older = {}, self.newer

    def read(self, text: str) -> _Read:
        read = self.newer.get(text)
        if read is None:
            read = self.newer[text] = self.older.get(text) or _Read.of(text)
        return read


_KEPT = _Kept()


def most_similar(text: str, others: Iterable[tuple[T, str]], at_least: int) -> tuple[T, float] | None:
    """Of the others, each with its text, the first of those most alike, and how alike; None if none is so alike."""
    _KEPT.begin()
    best: tuple[T, float] | None = None
    this = _Read.of(text)
    for other, its_text in others:
        alike = _alike(this, _KEPT.read(its_text), at_least)
        if alike and (best is None or alike > best[1]):
            best = other, alike
    return best


def similarity(one: str, other: str, at_least: int = 0) -> float:
    """How alike two texts are, from 0 to 100; 0 if they are less alike than `at_least`.

    It is the share of letters that both have in the same order (`ratio`); where that is too little, and the shorter
    text is not very short, it is that of the shorter text and the most alike part of the longer (`partial_ratio`): a
    message that was pasted into a letter. Scorers of words (`token_set_ratio`) find one word in a Chinese text and say
    the same as `ratio`.
    """
    return _alike(_Read.of(one), _Read.of(other), at_least)


def _alike(one: _Read, other: _Read, at_least: int) -> float:
    from rapidfuzz import fuzz

    first, second = one.letters, other.letters
    if not first or not second or _too_few_in_common(one, other, at_least):
        return 0.0
    whole = fuzz.ratio(first, second, score_cutoff=at_least)
    if (at_least and whole) or min(len(first), len(second)) < LONG_ENOUGH:
        return whole
    return max(whole, fuzz.partial_ratio(first, second, score_cutoff=at_least))


def _too_few_in_common(one: _Read, other: _Read, at_least: int) -> bool:
    """Whether they are surely less alike, in whichever order their letters stand; a glance, where comparing is slow.

    With n letters in the shorter text and at most c of them in the other, neither score is above 200 c / (n + c).
    """
    shorter, longer = sorted((one, other), key=lambda read: len(read.letters))
    length = len(shorter.letters)
    common = length - (shorter.marks & ~longer.marks).bit_count()
    return 200 * common < at_least * (length + common)
