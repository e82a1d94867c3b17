"""Calls in a process of their own: values, errors, and what happens to a call that never ends."""

import time

import numpy as np
import pytest

from studio.apart import Apart, ApartError, RanOut

ME = "tests.test_apart"


def doubled(pixels: np.ndarray, *, plus: int = 0) -> np.ndarray:
    return pixels * 2 + plus


def failing() -> None:
    raise LookupError("nothing there")


def busy() -> None:
    while True:
        pass


def idle() -> None:
    time.sleep(1000)


def test_values_come_back_and_errors_are_raised() -> None:
    with Apart([ME]) as apart:
        pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
        made = apart.call(f"{ME}:doubled", pixels, plus=1, seconds=60)
        assert (made == pixels * 2 + 1).all()
        with pytest.raises(LookupError, match="nothing there"):
            apart.call(f"{ME}:failing", seconds=60)
        assert apart.call(f"{ME}:doubled", 4, seconds=60) == 8
        assert apart.peak_memory > 0
    with pytest.raises(ApartError):
        apart.call(f"{ME}:doubled", 1, seconds=60)


@pytest.mark.parametrize("never_ends", [busy, idle])
def test_the_limit_holds_by_the_clock(never_ends: object) -> None:
    with Apart([ME]) as apart:
        apart.call(f"{ME}:doubled", 1, seconds=60)
        begun = time.monotonic()
        with pytest.raises(RanOut) as ran_out:
            apart.call(f"{ME}:{never_ends.__name__}", seconds=0.5)  # type: ignore[attr-defined]
        assert time.monotonic() - begun < 5
        if never_ends is idle:
            assert ran_out.value.waited
        assert apart.call(f"{ME}:doubled", 1, seconds=60) == 2
