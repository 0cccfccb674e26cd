"""What a text may be: names, ids, paths and free texts that are recorded, and those that are searched for.

People, units, roles, channels, places, states and ids have **names**: one visible line in one spelling (NFC). What a
resident or a clerk writes is a **text**, which may have several lines.
What was recorded can always be read and searched for, even if it was recorded under an earlier rule.
"""

from __future__ import annotations

import re
from unicodedata import is_normalized, normalize

from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import plain_text

LONGEST_NAME = 200
"""Characters of a name, of an id, and of each name in a path. An index of a database holds no key much longer."""
LONGEST_PATH = 1_000
"""Bytes of a path in UTF-8."""
DEEPEST_PATH = 16
"""Names in a path."""
LONGEST_TEXT = 100_000
"""Characters of a free text."""

# Compiled when first used, so that importing stays fast: most texts need none of them.
# What XML cannot carry and PostgreSQL cannot store; tab and line feed are welcome in free texts.
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_NEVER_IN_A_NAME = "[\x00-\x1f\x7f-\x9f\ud800-\udfff]"
_NOT_ON_A_LINE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
# They turn the direction of writing, so that a name looks like another.
_TURNS_ROUND = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_NOTHING_TO_SEE = (
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]*"
)
_ESCAPED_CONTROL = r"(?<!\\)(?:\\\\)*\\(?:u00[01]|u007f|u00[89]|[bfr])|[\x7f-\x9f\ufffe\uffff]"


def _surely_right(text: str) -> bool:
    """A fast check that most lines pass: nothing can be wrong with such a line but its length.

    It is printable and in NFC, and begins with a visible ASCII or Chinese character other than `~`.
    """
    return (
        text.isprintable()
        and ("!" <= text[:1] <= "}" or "\u4e00" <= text[:1] <= "\u9fff")
        and text[-1] != " "
        and is_normalized("NFC", text)
    )


def text_of(value: object, what: str = "text") -> str:
    """The value as a free text: in NFC, with line feeds between lines, without blanks at its ends, not empty.

    Raises InvalidValue for what is no text, says nothing, has control characters, or is longer than 100,000 characters.
    """
    text = plain_text(what, value)
    if len(text) <= LONGEST_TEXT and _surely_right(text.replace("\n", " ")):
        return text
    text = str(as_kept(text))
    if re.fullmatch(_NOTHING_TO_SEE, text):
        raise InvalidValue(what, f"{brief(value)} says nothing; give a text, or leave it out")
    if control := re.search(_CONTROL, text):
        raise InvalidValue(what, f"{brief(text)} has the control character {control[0]!r}; take it out")
    if len(text) > LONGEST_TEXT:
        raise InvalidValue(what, f"has {len(text):,} characters (possible: up to {LONGEST_TEXT:,})")
    return text


def name_of(value: object, what: str = "name", longest: int = LONGEST_NAME) -> str:
    """The value as a name or an id, in NFC. Raises InvalidValue.

    It is one line of 1 to 200 characters, some of them visible, without blanks at its ends, control characters or
    marks that turn the direction of writing. It does not begin with `~`, which is reserved for what is erased later.
    """
    name = plain_text(what, value)
    if len(name) <= longest and _surely_right(name):
        return name
    name = normalize("NFC", name)
    if problem := wrong_with(name, longest):
        raise InvalidValue(what, problem)
    return name


def is_name(value: object) -> bool:
    """Whether the value is a name as it would be kept."""
    return isinstance(value, str) and normalize("NFC", value) == value and not wrong_with(value)


def path_of(value: object, what: str) -> str:
    """The value as names joined by slashes, in NFC; each is a name, `%` in it is written %25 and a slash %2F.

    Raises InvalidValue as name_of() does, and for more than 16 names or 1,000 bytes.
    """
    path = plain_text(what, value)
    short = len(path) <= LONGEST_NAME and path.count("/") < DEEPEST_PATH
    if short and "%" not in path and all(map(_surely_right, path.split("/"))):
        return path
    path = normalize("NFC", path)
    names = path.split("/")
    if len(names) > DEEPEST_PATH:
        raise InvalidValue(what, f"{brief(path)} has {len(names):,} levels (possible: up to {DEEPEST_PATH})")
    for name in names:
        if problem := wrong_with(name) or _misspelt(name, what):
            raise InvalidValue(what, problem)
    if (size := len(path.encode())) > LONGEST_PATH:
        raise InvalidValue(what, f"{brief(path)} has {size:,} bytes in UTF-8 (possible: up to {LONGEST_PATH:,})")
    return path


def asked_of(value: object, what: str) -> str:
    """A name to search for, stripped, in NFC: any name that was ever recorded, also under an earlier rule.

    Raises InvalidValue for what was never a name under any rule.
    """
    name = normalize("NFC", plain_text(what, value).strip())
    if control := re.search(_NEVER_IN_A_NAME, name):
        raise InvalidValue(what, f"{brief(name)} has the control character {control[0]!r}, which no name has")
    return name


def asked_path_of(value: object, what: str) -> str:
    """A path to search for, in NFC. Raises InvalidValue for what was never a path under any rule."""
    path = asked_of(value, what)
    for name in path.split("/"):
        if not name or name != name.strip():
            raise InvalidValue(what, f"{brief(name)} is empty or has blanks at its ends")
        if problem := _misspelt(name, what):
            raise InvalidValue(what, problem)
    return path


def asked_text_of(value: object, what: str = "text") -> str:
    """A text to look for, as it would be kept. Raises InvalidValue for what is no text or has control characters."""
    text = str(as_kept(plain_text(what, value)))
    if control := re.search(_CONTROL, text):
        raise InvalidValue(what, f"{brief(text)} has the control character {control[0]!r}, which no text has")
    return text


def searchable(text: str) -> str:
    """The text as searches compare it: in NFC, capital letters as small ones."""
    return normalize("NFC", text).casefold()


def as_kept(value: object) -> object:
    """A text as it would be recorded now, even if an earlier rule recorded it; other values unchanged."""
    if not isinstance(value, str):
        return value
    return normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n").strip()


def has_control_characters(json: bytes) -> bool:
    """Whether any text in this JSON has a control character other than tab and line feed."""
    return re.search(_ESCAPED_CONTROL, json.decode()) is not None


def wrong_with(name: str, longest: int = LONGEST_NAME) -> str | None:
    """Why this is no name, if it is none."""
    if not name or name != name.strip():
        return f"{brief(name)} is empty or has blanks at its ends"
    if control := re.search(_NOT_ON_A_LINE, name):
        return f"{brief(name)} has the control character {control[0]!r}; a name is one line"
    if turn := re.search(_TURNS_ROUND, name):
        return f"{brief(name)} has {turn[0]!a}, which turns the direction of writing; take it out"
    if re.fullmatch(_NOTHING_TO_SEE, name):
        return f"{name!a} has nothing that can be seen"
    if name.startswith("~"):
        return f"{brief(name)} begins with ~, which is kept for what is erased"
    if len(name) > longest:
        return f"{brief(name)} has {len(name):,} characters (possible: up to {longest})"
    return None


def _misspelt(name: str, kind: str) -> str | None:
    """Why this is no name in a path, if it is none. Each path has only one spelling."""
    if re.search("%(?!25|2F)", name):
        return f"in {brief(name)} write % as %25 and / as %2F, or use {kind.capitalize()}.of()"
    return None
