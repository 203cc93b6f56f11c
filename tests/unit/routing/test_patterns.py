"""Which patterns are found, however many there are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hookline.routing.matching.calls import prepare
from hookline.routing.matching.patterns import (
    MAX_PATTERN,
    MAX_PROGRAM,
    PatternError,
    PatternSet,
    compile_expression,
    compile_pattern,
)
from hookline.routing.matching.text import MatchText

LITERALS = ["a", "b", "K", "ß", "單", "单", "麵", "é", "ー", "“", " "]
ATOMS = [*LITERALS, ".", "[ab]", "[^a]", r"\d", r"\w", r"\p{Han}", "^", "$", r"\b", "(?:)"]
TEXTS = st.text(st.sampled_from("abkK\u212aſßẞ單单麵面éÉ1 裡\n"), max_size=8)


def _grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(parts, parts)
    return pairs.map("".join) | pairs.map("(?:{0[0]}|{0[1]})".format) | parts.map("(?:{})?".format)


SOURCES = st.recursive(st.sampled_from(ATOMS), _grown, max_leaves=6)


def text(spoken: str) -> MatchText:
    return prepare(spoken, ())


def found(spoken: str, *sources: str) -> set[int]:
    return PatternSet(enumerate(map(compile_pattern, sources))).found(text(spoken))


@settings(deadline=None)
@given(st.lists(SOURCES, max_size=8), TEXTS)
def test_set_finds_what_each_pattern_would_find_alone(sources: list[str], spoken: str) -> None:
    patterns = [compile_pattern(source) for source in sources]
    prepared = text(spoken)

    alone = {index for index, pattern in enumerate(patterns) for variant in pattern.variants if variant.find(prepared)}

    assert PatternSet(enumerate(patterns)).found(prepared) == alone


def test_no_pattern_is_found_among_none() -> None:
    assert found("好") == set()


@pytest.mark.parametrize("spoken", ["", "x"])
def test_pattern_without_any_literal_is_found(spoken: str) -> None:
    assert found(spoken, "^.?$", r"\d") == {0}


@pytest.mark.timeout(20)
def test_four_hundred_counted_patterns_are_searched() -> None:
    sources = [rf"第{number}\p{{Han}}{{1,20}}號" for number in range(400)]

    assert found("我要第42個座位號", *sources) == {42}


@pytest.mark.timeout(20)
def test_patterns_too_long_for_one_filter_are_searched_in_several() -> None:
    sources = [
        "".join(chr(0x4E00 + (7 * number + 31 * place) % 20_000) for place in range(950)) for number in range(80)
    ]

    assert found(f"好{sources[42]}好", *sources) == {42}
    assert len(PatternSet(enumerate(map(compile_pattern, sources)))._plain) > 1


@pytest.mark.timeout(20)
def test_hundred_patterns_with_gaps_stay_fast() -> None:
    patterns = PatternSet((n, compile_pattern(f"甲{chr(0x5000 + n)}.*乙")) for n in range(100))
    spoken = "".join(f"甲{chr(0x5000 + n)}" for n in range(100)) * 30

    assert patterns.found(text(spoken)) == set()
    assert len(patterns.found(text(spoken + "乙"))) == 100


def test_traditional_text_is_not_searched_for_a_form_of_both_scripts() -> None:
    assert found("裡面", "麵(?P<數>.)?") == set()
    assert found("里面", "麵(?P<數>.)?") == {0}
    assert compile_pattern("麵(?P<x>.)").captures(text("裡面的")) == {}


def test_pattern_without_a_match_captures_nothing() -> None:
    assert compile_pattern("(?P<x>a)").captures(text("b")) == {}


def test_pattern_that_is_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(PatternError, match=re.escape(f"a pattern of 1001 characters, at most {MAX_PATTERN}")):
        compile_pattern("a" * 1001)


def test_edges_count_as_steps_before_they_are_compiled() -> None:
    pattern = compile_expression("a|b", "(?:a|b)", r"[\s\pP\pS]*")

    (variant,) = pattern.variants
    assert variant.expression == r"^[\s\pP\pS]*(?:a|b)[\s\pP\pS]*$"
    assert variant.steps == pytest.approx(variant.regex.programsize, rel=0.01)


def test_expression_that_is_too_large_with_its_edges_is_refused() -> None:
    large = "(?:ab){1000}|(?:cd){1000}"

    assert compile_expression(large, large).variants[0].steps < MAX_PROGRAM
    with pytest.raises(PatternError, match="steps, at most 5000; make it simpler"):
        compile_expression(large, large, r"[\s\pP\pS]*")
