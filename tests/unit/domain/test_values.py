"""Values check themselves, and say what was wrong."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from demandflow import Actor, Category, Channel, DemandFlowError, FeedbackMethod, InvalidValue, Place, Urgency
from demandflow.domain.values import STORED, Word
from demandflow.facts import Accepted, Extended, Registered
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import is_name, name_of
from demandflow.recording.ids import derived_id, uuid7

WORDS: tuple[type[Word], ...] = (Channel, Urgency, FeedbackMethod)
NAMES = st.text(min_size=1, max_size=60).filter(is_name)


@given(st.lists(NAMES, min_size=1, max_size=5))
def test_a_place_gives_back_the_names_it_was_made_of(names: list[str]) -> None:
    place = Place.of(*names)
    assert place.names == tuple(names)
    assert place.depth == len(names)
    assert Place(str(place)) == place == pickle.loads(pickle.dumps(place))
    assert place.level(1).depth == 1
    assert place.within(place.level(1))


@given(st.text(alphabet="a%25F/"))
def test_a_path_has_one_spelling_and_every_other_is_refused(text: str) -> None:
    try:
        place = Place(text)
    except InvalidValue:
        return
    assert Place.of(*place.names) == place


@pytest.mark.parametrize("wrong", ["%", "%2", "%2f", "%41", "%%25", "25%", "%%252F", "%2%25F"])
def test_a_percent_sign_that_stands_for_itself_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Place(f"a/{wrong}/b")
    assert str(caught.value) == f"place: in {wrong!r} write % as %25 and / as %2F, or use Place.of()"


@pytest.mark.parametrize("kind", [*WORDS, Place, Category])
def test_what_is_wrong_with_a_word_is_told_with_what_it_was_to_be(kind: type[Word]) -> None:
    for wrong, says in {"": "is empty or has blanks at its ends", "a ": "is empty or has blanks at its ends",
                        "a\nb": "has the control character '\\n'; a name is one line"}.items():  # fmt: skip
        with pytest.raises(InvalidValue) as caught:
            kind(wrong)
        assert str(caught.value) == f"{kind.WHAT}: {wrong!r} {says}"
    assert kind("نمی‌دانم") == "نمی‌دانم", "a joiner is no control character"


@given(st.sampled_from(WORDS), NAMES)
def test_every_name_is_a_word_of_an_open_vocabulary_and_the_usual_ones_are_constants(
    kind: type[Word], name: str
) -> None:
    word = kind(name)
    assert (word, type(word), kind(word)) == (name, kind, word)
    assert pickle.loads(pickle.dumps(word)) == copy.deepcopy(word) == word
    assert TypeAdapter(kind).validate_json(TypeAdapter(kind).dump_json(word)) == word
    assert {getattr(kind, usual.upper()) for usual in kind.USUAL} == set(kind.USUAL)
    assert TypeAdapter(kind).json_schema() == {"type": "string", "examples": list(kind.USUAL)}


def test_a_slash_inside_a_name_is_escaped() -> None:
    place = Place.of("Boston", "Allston / Brighton", "100%")
    assert place == "Boston/Allston %2F Brighton/100%25"
    assert place.names[1] == "Allston / Brighton"
    assert Place("a/b").within("a")
    assert not Place("ab/c").within("a")
    assert Category("a").level(3) == "a"
    assert Place("a/b/c").level(2) == "a/b"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Place(""), "empty"),
        (lambda: Place("a//b"), "empty"),
        (lambda: Place("a/ b"), "blanks"),
        (lambda: Place("100%"), "%25"),
        (lambda: Place("a\x00"), "control"),
        (lambda: Place(3), "must be a text"),  # type: ignore[arg-type]
        (lambda: Place("a").level(0), "level: 0 is not a level; the widest is 1"),
        (lambda: Place("a").level(True), "level: True is not a level"),
        (lambda: Place("a").level("2"), "level: '2' is not a level"),  # type: ignore[arg-type]
        (lambda: Place.of("a", 3), "place: must be made of texts, got 3"),  # type: ignore[arg-type]
        (lambda: Category("a/%2f"), "category: in '%2f' write % as %25 and / as %2F, or use Category.of"),
        (lambda: name_of("a\nb"), r"^name: 'a\\nb' has the control character '\\n'; a name is one line$"),
        (lambda: Channel(" "), "blanks"),
        (lambda: Channel("\ud800"), "control"),
        (lambda: Actor("", "auditor"), "is empty"),
        (lambda: Actor("li", "auditor", " x"), "blanks"),
        (lambda: Actor(3, "auditor"), "must be a text"),  # type: ignore[arg-type]
        (lambda: moment(datetime(2025, 1, 1)), "no time zone"),  # noqa: DTZ001
        (lambda: moment("2025-01-01"), "must be a datetime"),
        (lambda: moment(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))), "outside 1900"),
        (lambda: moment(datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))), "outside 1900"),
        (lambda: Extended(due=datetime(2025, 1, 1)), "no time zone"),  # noqa: DTZ001
        (lambda: Extended(due=1_700_000_000), "valid datetime"),  # type: ignore[arg-type]
        (lambda: Accepted(nte="x"), "possible: note"),  # type: ignore[call-arg]
        (lambda: Accepted(note="\ud800"), "note: "),
        (lambda: Registered(text=" ", channel=Channel("x"), place=Place("f")), "text"),
    ],
)
def test_bad_input_says_what_was_wrong(make: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as caught:
        make()  # type: ignore[operator]
    assert isinstance(caught.value, ValueError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), DemandFlowError)


def test_every_field_that_is_wrong_is_named_with_what_was_given() -> None:
    with pytest.raises(InvalidValue) as caught:
        Registered(text=3, channel="x", place="a//b", due=datetime(2025, 1, 1), shared_with=("li", ""))  # type: ignore[arg-type]  # noqa: DTZ001
    assert str(caught.value).split("; ")[:4] == [
        "Registered: text: input should be a valid string, got 3",
        "place: '' is empty or has blanks at its ends",
        "shared_with.1: '' is empty or has blanks at its ends",
        "due: 2025-01-01T00:00:00 has no time zone",
    ]
    with pytest.raises(InvalidValue) as missing:
        Registered(text="x")  # type: ignore[call-arg]
    assert str(missing.value) == "Registered: channel: field required; place: field required"
    with pytest.raises(InvalidValue) as unprintable:
        Registered(text="x", channel=Channel("x"), place=Place("y"), source="a\nb")
    assert str(unprintable.value) == "Registered: source: 'a\\nb' has the control character '\\n'; a name is one line"
    with pytest.raises(InvalidValue) as unknown:
        Extended(until=3, why="x")  # type: ignore[call-arg]
    assert str(unknown.value) == "Extended: has no until, why (possible: due, reason)"


def test_the_bounds_of_time_are_the_first_moment_of_1900_and_the_last_before_2200() -> None:
    first, after = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
    assert moment(first) == first
    assert moment(after - timedelta.resolution) < after
    for wrong in (first - timedelta.resolution, after):
        with pytest.raises(InvalidValue) as caught:
            moment(wrong, "due")
        assert str(caught.value) == f"due: {wrong.isoformat()} lies outside 1900–2199"
    with pytest.raises(InvalidValue) as caught:
        moment(datetime(2025, 1, 1), "due")  # noqa: DTZ001
    assert str(caught.value).startswith("due: 2025-01-01T00:00:00 has no time zone; give it one")
    assert moment(first) is first, "what is in UTC already stays as it is"
    elsewhere = datetime(2025, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert moment(elsewhere) == elsewhere
    assert moment(elsewhere).tzinfo is UTC
    with pytest.raises(InvalidValue) as caught:
        moment(3)
    assert str(caught.value) == "moment: must be a datetime, got 3"


def test_a_word_in_a_model_is_checked_when_given_and_believed_when_loaded() -> None:
    for kind in (Channel, Place, Category):
        accepts = TypeAdapter(kind)
        assert type(accepts.validate_python("a/b")) is kind
        assert accepts.validate_python("Poznan\u0301") == "Pozna\u0144"
        assert type(accepts.validate_json('"a/b"')) is kind
        stored = accepts.validate_json('" a//~b "', context=STORED)
        assert (type(stored), stored) == (kind, " a//~b "), "what is stored was checked when it was recorded"
        with pytest.raises(ValidationError):
            accepts.validate_json('" a//b "')
        assert accepts.dump_json(kind("a/b")) == b'"a/b"'
        with pytest.raises(InvalidValue):
            kind(" a")
        for wrong in (" a", 3, None):
            with pytest.raises(ValidationError):
                accepts.validate_python(wrong)


@pytest.mark.parametrize("field", ["id", "role", "unit"])
@pytest.mark.parametrize("wrong", ["", " x", "x ", "a\nb", 3, b"x", "~x"])
def test_an_actor_s_names_are_names(field: str, wrong: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        Actor(**{"id": "li", "role": "auditor", "unit": "office", field: wrong})  # type: ignore[arg-type]
    with pytest.raises(InvalidValue) as as_a_name:
        name_of(wrong, f"actor's {field}")
    assert str(caught.value) == str(as_a_name.value)


def test_an_actor_is_one_in_every_spelling_and_speaks_for_themselves_and_their_unit() -> None:
    class Shouted(str):
        __slots__ = ()

    assert Actor("Pozna\u0144", "x", "Poznan\u0301") == Actor("Poznan\u0301", "x", "Pozna\u0144")
    assert type(Actor(Shouted("li"), "x").id) is str
    li = Actor("li", "clerk", "office")
    assert li.speaks_for("li")
    assert li.speaks_for("x", "office")
    assert not li.speaks_for("clerk", None)
    assert not Actor("li", "clerk").speaks_for(None, "office")


def test_moments_are_kept_in_utc_and_facts_cannot_be_changed() -> None:
    due = datetime(2025, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    fact = Extended(due=due)
    assert (fact.due, fact.due.tzinfo) == (datetime(2025, 1, 1, tzinfo=UTC), UTC)
    with pytest.raises(InvalidValue, match="never changed"):
        fact.due = due  # type: ignore[misc]


def test_two_spellings_of_a_name_are_one_place() -> None:
    assert Place("Pozna\u0144") == Place("Poznan\u0301")


def test_ids_sort_by_time_and_derived_ids_are_the_same_everywhere() -> None:
    ids = [uuid7() for _ in range(2000)]
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == len(ids)
    assert str(derived_id("fufeng", "12345", "7")) == str(derived_id("fufeng", "12345", "7"))
    assert (
        len({derived_id("a", "b", "c"), derived_id(None, "b", "c"), derived_id("a", "bc", ""), derived_id("a", "b")})
        == 4
    )


def test_a_copy_of_an_actor_is_what_it_was_and_one_that_is_changed_is_checked() -> None:
    read = msgspec.json.decode(b'{"id":"li ","role":"auditor","unit":"office"}', type=Actor)
    for same in (copy.copy(read), copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert same == read
        assert type(same) is Actor
    assert read.__replace__(id="li") == Actor("li", "auditor", "office")
    with pytest.raises(InvalidValue, match="blanks at its ends"):
        read.__replace__(role="clerk")
