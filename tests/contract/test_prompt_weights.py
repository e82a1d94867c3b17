"""Weights in a prompt: reading them, and moving them with a key."""

import pytest

from studio.contract.prompt_weights import HEAVIEST, STEP, reweighed, spoken


def weights(prompt: str) -> dict[str, float]:
    """The weight of every word."""
    text, of = spoken(prompt)
    assert len(text) == len(of)
    return {word: round(of[text.index(word)], 4) for word in text.replace(",", " ").split()}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a lake", {"a": 1, "lake": 1}),
        ("a (lake:1.5) at dawn", {"a": 1, "lake": 1.5, "at": 1, "dawn": 1}),
        ("(autumn)", {"autumn": 1.1}),
        ("((autumn))", {"autumn": 1.21}),
        ("(a (red:2) lake:0.5)", {"a": 0.5, "red": 1, "lake": 0.5}),
        ("(old trees:.5), fog", {"old": 0.5, "trees": 0.5, "fog": 1}),
        (r"lake \(deep\)", {"lake": 1, "(deep)": 1}),
        ("a (lake", {"a": 1, "(lake": 1}),
        ("a lake) 3:2", {"a": 1, "lake)": 1, "3:2": 1}),
        ("", {}),
    ],
)
def test_what_is_said_and_how_strongly(prompt: str, expected: dict[str, float]) -> None:
    assert weights(prompt) == expected


def test_a_word_grows_and_shrinks_back_to_itself() -> None:
    prompt, begin, end = reweighed("a red lake", 3, 3, STEP)
    assert (prompt, prompt[begin:end]) == ("a (red:1.1) lake", "red")
    prompt, begin, end = reweighed(prompt, begin, end, STEP)
    assert (prompt, prompt[begin:end]) == ("a (red:1.2) lake", "red")
    for _ in range(3):
        prompt, begin, end = reweighed(prompt, begin, end, -STEP)
    assert (prompt, prompt[begin:end]) == ("a (red:0.9) lake", "red")
    assert reweighed(prompt, begin, end, STEP) == ("a red lake", 2, 5)


def test_a_selection_is_weighed_without_its_spaces() -> None:
    prompt, begin, end = reweighed("a red lake at dawn", 1, 11, STEP)
    assert (prompt, prompt[begin:end]) == ("a (red lake:1.1) at dawn", "red lake")


def test_parentheses_without_a_number_get_one() -> None:
    assert reweighed("(red) lake", 2, 2, STEP)[0] == "(red:1.2) lake"


def test_weights_end_somewhere_and_nothing_is_no_word() -> None:
    assert reweighed(f"(red:{HEAVIEST})", 2, 2, STEP)[0] == "(red:2)"
    assert reweighed("(red:0)", 2, 2, -STEP)[0] == "(red:0)"
    assert reweighed("", 0, 0, STEP) == ("", 0, 0)
    assert reweighed("a , b", 2, 3, STEP)[0] == "a (,:1.1) b"
