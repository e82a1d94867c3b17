"""The first Ctrl+C asks, the second one interrupts."""

import signal
import threading

import pytest

from studio.commands.interrupts import interruptible


def test_the_first_interrupt_asks_and_the_second_strikes() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with interruptible() as cancel:
            assert not cancel.is_set()
            signal.raise_signal(signal.SIGINT)
            assert cancel.is_set()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_ignored_interrupts_stay_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as cancel:
            signal.raise_signal(signal.SIGINT)
            assert not cancel.is_set()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_run_a_job() -> None:
    flags: list[bool] = []

    def job() -> None:
        with interruptible() as cancel:
            flags.append(cancel.is_set())

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert flags == [False]
