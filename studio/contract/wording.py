"""How lists of words are written in sentences."""

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """“a”, “b” and “c”."""
    quoted = [f"“{word}”" for word in words]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
