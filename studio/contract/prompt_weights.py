"""Weights of words in a prompt, as other programs write them: (autumn:1.3); (autumn) means 1.1."""

import re

PLAIN = 1.1
"""What parentheses without a number mean."""
STEP = 0.1
LIGHTEST, HEAVIEST = 0.0, 2.0
"""Between these a key moves a weight; typed ones may be larger."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_END = re.compile(rf":\s*{_NUMBER}\s*\)")
_GROUP = re.compile(rf"(?<!\\)\(([^()\\]*?)(?::\s*{_NUMBER}\s*)?\)")
_WORD = re.compile(r"[\w'’-]+")


def spoken(prompt: str) -> tuple[str, tuple[float, ...]]:
    """The words of a prompt without the marks, and the weight of every character that is left.

    Marks inside each other multiply. A backslash takes a parenthesis by its word, and one without
    its partner is left as it stands.
    """
    text: list[str] = []
    weights: list[float] = []
    open_at: list[int] = []
    at = 0
    while at < len(prompt):
        sign = prompt[at]
        if sign == "\\" and prompt[at + 1 : at + 2] in ("(", ")", "\\"):
            text.append(prompt[at + 1])
            weights.append(1.0)
            at += 2
            continue
        end = _END.match(prompt, at) if open_at else None
        if end is not None or (sign == ")" and open_at):
            factor = PLAIN if end is None else float(end[1])
            begin = open_at.pop()
            weights[begin:] = [weight * factor for weight in weights[begin:]]
            at = at + 1 if end is None else end.end()
            continue
        if sign == "(":
            open_at.append(len(text))
        else:
            text.append(sign)
            weights.append(1.0)
        at += 1
    for begin in reversed(open_at):
        text.insert(begin, "(")
        weights.insert(begin, 1.0)
    return "".join(text), tuple(weights)


def reweighed(prompt: str, begin: int, end: int, step: float) -> tuple[str, int, int]:
    """The prompt with another weight for prompt[begin:end], or for the word there if that is
    nothing; and where those words stand now.
    """
    begin, end = _trimmed(prompt, begin, end)
    found = next((group for group in _GROUP.finditer(prompt) if _around(group, begin, end)), None)
    if found is not None:
        whole, words = found.span(), found[1]
        weight = float(found[2]) if found[2] else PLAIN
    else:
        if begin == end:
            begin, end = _word_at(prompt, begin)
        whole, words, weight = (begin, end), prompt[begin:end], 1.0
    if not words.strip():
        return prompt, begin, end
    weight = min(max(round(weight + step, 2), LIGHTEST), HEAVIEST)
    marked = words if weight == 1 else f"({words}:{weight:g})"
    first = whole[0] + (weight != 1)
    return prompt[: whole[0]] + marked + prompt[whole[1] :], first, first + len(words)


def _trimmed(prompt: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and prompt[begin].isspace():
        begin += 1
    while begin < end and prompt[end - 1].isspace():
        end -= 1
    return begin, end


def _around(group: re.Match[str], begin: int, end: int) -> bool:
    """Whether a group holds these characters, or is what is selected."""
    if begin == end:
        return group.start() < begin < group.end()
    inside = group.start(1) <= begin and end <= group.end(1)
    return (inside and (begin, end) == group.span(1)) or (begin, end) == group.span()


def _word_at(prompt: str, place: int) -> tuple[int, int]:
    for word in _WORD.finditer(prompt):
        if word.start() <= place <= word.end():
            return word.span()
    return place, place
