"""Jobs over a real engine process (one without torch): order, queue, cancelling, accidents."""

import os
import signal
import time

import numpy as np
import pytest

from studio.app.jobs import Job, Jobs, State
from studio.contract.events import (
    Cancelled,
    Failed,
    Finished,
    Loading,
    Produced,
    Started,
    Stepped,
)
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from tests.app.conftest import Loop

SMALL = Size(64, 64)
TERMINAL = (Finished, Cancelled, Failed)


def request(prompt: str = "", pause: float = 0.0, **changes) -> GenerateRequest:
    return GenerateRequest(prompt=prompt, negative_prompt=str(pause or ""), size=SMALL, **changes)


class Heard:
    """Every event of every job, as the window hears them."""

    def __init__(self, jobs: Jobs) -> None:
        self.events: list[tuple[Job, object]] = []
        jobs.happened.connect(lambda job, event: self.events.append((job, event)))

    def of(self, job: Job) -> list[object]:
        return [event for its, event in self.events if its is job]

    def kinds(self, job: Job) -> list[type]:
        return [type(event) for event in self.of(job)]


@pytest.fixture
def heard(jobs: Jobs) -> Heard:
    return Heard(jobs)


def test_a_job_starts_steps_produces_and_finishes_in_that_order(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request(count=2, pause=0.005))
    loop.until(lambda: job.over)
    kinds = [kind for kind in heard.kinds(job) if kind is not Stepped]
    assert kinds == [Started, Produced, Produced, Finished]
    assert job.state is State.FINISHED
    steps = [(event.image, event.step) for event in heard.of(job) if isinstance(event, Stepped)]
    assert steps == sorted(steps)
    assert (0, 12) in steps
    assert (1, 12) in steps


def test_arrays_that_crossed_the_border_are_read_only(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request())
    loop.until(lambda: job.over)
    produced = next(event for event in heard.of(job) if isinstance(event, Produced))
    assert not produced.pixels.flags.writeable
    assert produced.pixels.shape == (64, 64, 3)
    step = next(event for event in heard.of(job) if isinstance(event, Stepped))
    assert not step.clean.flags.writeable


def test_a_busy_window_sees_only_the_newest_step(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request(steps=400, pause=0.0005))
    loop.until(lambda: heard.kinds(job).count(Stepped) >= 1)
    before = heard.kinds(job).count(Stepped)
    time.sleep(0.5)  # the window does something else and takes no events
    loop.until(lambda: job.over)
    steps = [event.step for event in heard.of(job) if isinstance(event, Stepped)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 400
    assert len(steps) - before < 390


def test_jobs_wait_for_each_other(jobs, heard, loop: Loop) -> None:
    first, second, third = (jobs.add(request(str(i), pause=0.002)) for i in range(3))
    assert jobs.current is first
    assert jobs.waiting == (second, third)
    jobs.cancel(second)
    assert second.state is State.CANCELLED
    loop.until(lambda: third.over)
    assert (first.state, third.state) == (State.FINISHED, State.FINISHED)
    assert heard.kinds(second) == [Cancelled]
    order = [job for job, event in heard.events if isinstance(event, TERMINAL)]
    assert order == [second, first, third]


def test_cancelling_takes_effect_within_one_step(jobs, heard, loop: Loop) -> None:
    pause = 0.2
    job = jobs.add(request(steps=100, pause=pause))
    loop.until(lambda: Stepped in heard.kinds(job))
    jobs.cancel(job)
    assert job.cancelling
    began = time.monotonic()
    loop.until(lambda: job.over)
    assert time.monotonic() - began < 2 * pause
    assert job.state is State.CANCELLED
    assert jobs.current is None


def test_a_job_cancelled_at_once_still_ends(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request(steps=1000, pause=0.05))
    jobs.cancel(job)
    loop.until(lambda: job.over)
    assert sum(isinstance(event, TERMINAL) for event in heard.of(job)) == 1
    assert job.state is State.CANCELLED


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("impossible", "This can't be done."),
        ("broken", "The engine could not do it (RuntimeError)."),
        ("crash", "The engine stopped unexpectedly, perhaps for want of memory."),
    ],
)
def test_every_kind_of_failure_is_one_sentence_and_the_next_job_runs(
    jobs, heard, loop: Loop, prompt: str, sentence: str
) -> None:
    bad, good = jobs.add(request(prompt)), jobs.add(request("fine"))
    loop.until(lambda: good.over)
    assert bad.state is State.FAILED
    failures = [event for event in heard.of(bad) if isinstance(event, TERMINAL)]
    assert [failure.sentence for failure in failures] == [sentence]
    assert failures[0].action
    assert good.state is State.FINISHED


def test_loading_a_model_is_told_and_its_defaults_come_back(jobs, loop: Loop) -> None:
    loading, ready = [], []
    jobs.loading.connect(loading.append)
    jobs.ready.connect(ready.append)
    jobs.preload("landscape")
    assert jobs.preloading
    loop.until(lambda: ready)
    assert [type(event) for event in loading] == [Loading]
    assert (ready[0].steps, ready[0].sampler) == (12, "dpmpp_2m")
    assert not jobs.preloading


def test_another_model_does_not_wait_for_the_last(jobs, loop: Loop) -> None:
    loading, ready = [], []
    jobs.loading.connect(loading.append)
    jobs.ready.connect(ready.append)
    jobs.preload("slow")
    loop.until(lambda: len(loading) > 2)
    jobs.preload("landscape")
    loop.until(lambda: ready)
    assert len(loading) < 2000
    assert loading[-1].what == "landscape"
    assert not jobs.preloading


def test_a_model_that_is_not_there_is_a_sentence(jobs, loop: Loop) -> None:
    refused = []
    jobs.refused.connect(refused.append)
    jobs.preload("missing")
    loop.until(lambda: refused)
    assert refused[0].sentence == "There is no such model."
    assert not jobs.preloading


def test_stopping_ends_a_running_job_and_everything_that_waits(jobs, heard, loop: Loop) -> None:
    running, waiting = jobs.add(request(steps=1000, pause=0.05)), jobs.add(request())
    loop.until(lambda: Stepped in heard.kinds(running))
    began = time.monotonic()
    jobs.stop()
    assert time.monotonic() - began < 5
    assert running.over
    assert waiting.over


def test_an_engine_that_hangs_is_ended_anyway(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request(steps=2, pause=60))
    loop.until(lambda: Started in heard.kinds(job))
    began = time.monotonic()
    jobs.stop()
    assert time.monotonic() - began < 2
    assert job.state is State.CANCELLED


def test_an_engine_that_does_not_even_listen_is_ended_anyway(jobs, heard, loop: Loop) -> None:
    job = jobs.add(request(steps=1000, pause=0.05))
    loop.until(lambda: Started in heard.kinds(job))
    os.kill(jobs._worker.engine_pid, signal.SIGSTOP)
    began = time.monotonic()
    jobs.stop()
    assert time.monotonic() - began < 4
    assert job.state is State.CANCELLED


def test_a_label_map_travels_whole(jobs, heard, loop: Loop) -> None:
    labels = np.arange(64 * 64, dtype=np.uint32).reshape(64, 64).astype(np.uint8)
    job = jobs.add(request(label_map=labels))
    loop.until(lambda: job.over)
    produced = next(event for event in heard.of(job) if isinstance(event, Produced))
    assert np.array_equal(produced.request.label_map, labels)
