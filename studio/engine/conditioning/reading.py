"""What one kind of condition makes of a request."""

from dataclasses import dataclass

from studio.engine.denoiser import Condition


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """``given`` is what the request asks for; ``dropped`` is its place in the unconditional half
    of guidance, None where that half keeps ``given``. Both fill only their own kind's field.
    """

    given: Condition
    dropped: Condition | None = None
    notices: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()


def listed(words: tuple[str, ...]) -> str:
    """“a”, “b” and “c”."""
    quoted = [f"“{word}”" for word in words]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
