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
