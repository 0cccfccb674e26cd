"""Items of the service menu: what was seen at which moment, and forms of which every word is checked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from demandflow import Actor, Event, Proposal
from demandflow.domain.county.services.forms import CHECKED, FORMATS, form_text, wrong_in_form
from demandflow.domain.county.services.items import EDITOR, MENU_ITEM, Drafted, Item, Published, Retired, Revised
from demandflow.domain.decide import decide
from demandflow.domain.evolve import evolve
from demandflow.domain.fact import Fact
from demandflow.errors import InvalidValue, MoveNotAllowed, RuleBroken
from tests.stories import DAY, T0, A

WRITER = Actor("qian", EDITOR)
MOVES: dict[type[Fact], str] = {Drafted: "draft", Revised: "revise", Published: "publish", Retired: "retire"}
HEATING: dict[str, Any] = {
    "type": "object",
    "properties": {"people": {"type": "integer", "minimum": 1, "title": "How many live there"}},
    "required": ["people"],
}


def after(item: Item, fact: Fact, at: datetime = T0) -> tuple[Item, Event]:
    event = decide(MENU_ITEM, item, Proposal(MOVES[type(fact)], fact, WRITER, at))
    return evolve(item, event, Item), event


def drafted(**more: Any) -> Drafted:
    return Drafted(**{"item": "heating", "department": "civil_affairs", "name": "Heating aid", "days": 5, **more})


def revised(days: int) -> Revised:
    return Revised(department="civil_affairs", name="Heating aid", days=days, form=form_text(HEATING))


STEPS = st.tuples(
    st.one_of(st.integers(1, 9).map(revised), st.just(Published()), st.just(Published()), st.just(Retired())),
    st.sampled_from([0, 1]),
)


@given(st.lists(STEPS, max_size=12))
def test_what_was_seen_at_a_moment_is_what_was_published_last_until_then(steps: list[tuple[Fact, int]]) -> None:
    item, at = Item(A), T0
    item, event = after(item, drafted(), at)
    events, number, days = [event], 1, 5
    shown: list[tuple[datetime, tuple[int, int] | None]] = [(T0 - DAY, None)]
    fresh, retired = True, False
    for fact, later in steps:
        at += later * DAY
        if retired or (isinstance(fact, Published) and not fresh):
            with pytest.raises(MoveNotAllowed):
                after(item, fact, at)
            continue
        item, event = after(item, fact, at)
        events.append(event)
        match fact:
            case Revised():
                number, days, fresh = number + 1, fact.days, True
            case Published():
                shown.append((at, (number, days)))
                fresh = False
            case Retired():
                shown.append((at, None))
                retired = True
    for day in range(-1, len(steps) + 2):
        for on in (T0 + day * DAY, T0 + day * DAY + timedelta(hours=3)):
            seen = item.shown(on)
            expected = [what for since, what in shown if since <= on][-1] if on >= T0 - DAY else None
            assert (None if seen is None else (seen.number, seen.days)) == expected
    assert [version.number for version in item.published] == sorted({what[0] for _, what in shown if what})
    folded: Item | None = None
    for event in events:
        folded = evolve(folded, event, Item)
    assert folded == item


NAMES = st.sampled_from(["people", "since", "$ref", "x"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([1.5, "string", "integer", "object", "(", "date"]),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(NAMES, part, max_size=2),
    max_leaves=4,
)
ALL_WORDS = (*CHECKED, "$ref", "contains", "minContains", "unevaluatedProperties", "requred", "$id")


@st.composite
def forms(draw: st.DrawFn, depth: int = 2) -> Any:
    """Something like a form: mostly with right words, some with values that they do not take."""
    form: dict[str, Any] = {"type": draw(st.sampled_from(["object", "string", "integer", "array", ["null", "number"]]))}
    for word in draw(st.lists(st.sampled_from(ALL_WORDS), max_size=3)):
        if depth and word in ("items", "additionalProperties", "not", "if", "then", "else"):
            form[word] = draw(forms(depth - 1))
        elif depth and word == "properties":
            form[word] = draw(st.dictionaries(NAMES, forms(depth - 1), max_size=2))
        elif depth and word in ("allOf", "anyOf", "oneOf"):
            form[word] = draw(st.lists(forms(depth - 1), max_size=2))
        else:
            form[word] = draw(VALUES)
    return form


@given(forms())
def test_a_form_that_is_not_objected_to_is_json_schema_with_checked_words_alone(form: dict[str, Any]) -> None:
    if not wrong_in_form(form_text({**form, "type": "object"})):
        Draft202012Validator.check_schema({**form, "type": "object"})
        assert words_of({**form, "type": "object"}) <= set(CHECKED)


def words_of(form: Any) -> set[str]:
    """All words of a form and of those in it."""
    if not isinstance(form, dict):
        return set()
    words = set(form)
    for word, value in form.items():
        if word in ("items", "additionalProperties", "not", "if", "then", "else"):
            words |= words_of(value)
        elif word == "properties":
            words = words.union(*map(words_of, value.values()))
        elif word in ("allOf", "anyOf", "oneOf"):
            words = words.union(*map(words_of, value))
    return words


def test_every_checked_word_is_checked_by_the_library_or_only_says_something() -> None:
    says_only = {"$schema", "$comment", "title", "description", "default", "examples", "then", "else"}
    assert set(CHECKED) - says_only <= set(Draft202012Validator.VALIDATORS)


@pytest.mark.parametrize(
    ("form", "objection"),
    [
        ({"type": "object", "requred": ["x"]}, "requred is not checked (possible: $comment, "),
        (
            {"type": "object", "properties": {"x": {"$ref": "#/y"}}},
            "properties.x.$ref is not checked (possible: ",
        ),
        (
            {"type": "object", "properties": {"x": {"type": "string", "minimum": 3}}},
            "properties.x.minimum is not checked of what is of type string",
        ),
        ({"type": "string"}, "the form must be of type object, so that its answers have names"),
        ({"type": "object", "then": {}}, "then is not checked without if"),
        (
            {"type": "object", "properties": {"x": {"type": "string", "format": "postcode"}}},
            "properties.x.format must be one of date, date-time, email, time, uuid, got 'postcode'",
        ),
        ({"type": "object", "properties": {"x": {"type": "string", "pattern": "("}}}, "must be a regular expression"),
        ({"type": "object", "allOf": []}, "allOf must hold forms, got []"),
        ({"type": "object", "properties": {"x": 3}}, "properties.x must be a form, got 3"),
    ],
)
def test_a_form_with_words_that_nobody_checks_is_not_published(form: dict[str, Any], objection: str) -> None:
    item, _ = after(Item(A), drafted(form=form))
    with pytest.raises(RuleBroken) as refusal:
        after(item, Published())
    assert objection in str(refusal.value)


def test_a_form_is_kept_as_it_was_written_and_cannot_be_changed() -> None:
    form: dict[str, Any] = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"title": "楼"}}}
    fact = drafted(form=form)
    form["properties"].clear()
    assert fact.form == '{"type":"object","properties":{"b":{"type":"string"},"a":{"title":"楼"}}}'
    assert drafted(form=json.dumps(json.loads(str(fact.form)), indent=2)).form == fact.form


@pytest.mark.parametrize("form", ["[]", "{", 3, {"x": {1, 2}}, {"x": float("nan")}, '{"x": NaN}', '{"x": 1e999}'])
def test_what_is_no_mapping_of_json_is_no_form(form: Any) -> None:
    with pytest.raises(InvalidValue, match="form"):
        drafted(form=form)


def test_a_form_is_bounded() -> None:
    deep: Any = {}
    for _ in range(20):
        deep = {"not": deep}
    for form in (deep, {"title": "x" * 100_001}, "[" * 100_000):
        with pytest.raises(InvalidValue):
            drafted(form=form)
    for form, says in (
        ([1], "form: must be a mapping, such as {'type': 'object'}, got [1]"),
        (deep, "form: more than 16 values are in one another"),
        ({"title": "x" * 100_000}, "form: has 100,012 characters (possible: up to 100,000)"),
        ({"x": float("nan")}, "form: cannot be written as JSON: 'Out of range float values"),
    ):
        with pytest.raises(InvalidValue) as wrong:
            form_text(form)
        assert str(wrong.value).startswith(says)


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 1.5}, {"may_order": []}, {"item": ""}])
def test_an_item_says_who_and_how_long(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        drafted(**wrong)


@pytest.mark.parametrize(
    ("word", "wrong"),
    [
        *((word, value) for word in ("minLength", "maxItems", "minProperties") for value in (-1, 1.5, "1", True)),
        *((word, value) for word in ("minimum", "exclusiveMaximum") for value in ("1", True, None)),
        *(("multipleOf", value) for value in (0, -1, "1")),
        *(("required", value) for value in ("x", ["x", "x"], [1])),
        *(("type", value) for value in ("text", ["object", "object"], [], 1)),
        *(("title", 1), ("examples", {}), ("uniqueItems", 1), ("enum", 1), ("enum", []), ("format", 1)),
        *(("pattern", 1), ("$schema", "http://json-schema.org/draft-07/schema#")),
    ],
)
def test_each_word_has_a_value_that_it_takes(word: str, wrong: Any) -> None:
    form = {"type": "object", "properties": {"x": {word: wrong}}}
    assert f"properties.x.{word} must " in str(wrong_in_form(form_text(form)))


def test_formats_are_known() -> None:
    assert not wrong_in_form(form_text({"type": "object", "properties": {f: {"format": f} for f in FORMATS}}))
