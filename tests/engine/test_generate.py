import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
import torch

from studio.contract.catalog import SAMPLERS, SPACINGS
from studio.contract.events import Cancelled, Failed, Finished, Loading, Produced, Started, Stepped
from studio.contract.geometry import Size
from studio.contract.materials import BY_KEY
from studio.contract.request import MAX_SEED, GenerateRequest, Preview
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from tests.tiny_model import write_tiny_model

SMALL = Size(64, 64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def models(folder):
    return ModelLibrary([folder.parent], device="cpu")


def ask(**changes):
    return GenerateRequest(**{"model": "tiny", "size": SMALL, "seed": 5} | changes)


def run(models, cancel=None, **changes):
    return list(generate(ask(**changes), models, cancel))


def picture(models, **changes):
    (produced,) = (e for e in run(models, **changes) if isinstance(e, Produced))
    return produced.pixels


def painted():
    label_map = np.full((32, 32), BY_KEY["sky"].id, np.uint8)
    label_map[16:] = BY_KEY["grass"].id
    return label_map


def test_the_events_come_in_order(folder):
    models = ModelLibrary([folder.parent], device="cpu")
    events = run(models, count=2, steps=3)
    kinds = [type(event) for event in events if not isinstance(event, Loading)]
    image = [Stepped] * 3 + [Produced]
    assert kinds == [Started, *image, *image, Finished]
    assert isinstance(events[0], Loading)
    fractions = [event.fraction for event in events if isinstance(event, Loading)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [(s.image, s.count, s.step, s.steps) for s in steps] == [
        (image, 2, step, 3) for image in (0, 1) for step in (1, 2, 3)
    ]
    finished = events[-1]
    assert (finished.count, finished.size) == (2, SMALL)
    assert 0 < finished.sampling + finished.decoding < finished.elapsed


def test_a_second_job_does_not_load_again(models):
    run(models)
    assert not any(isinstance(event, Loading) for event in run(models))


def test_a_step_carries_latents_previews_and_times(models):
    events = run(models, size=Size(64, 96))
    step, *_, last = (event for event in events if isinstance(event, Stepped))
    for latent in (step.x_t, step.x_0):
        assert latent.shape == (4, 12, 8)
        assert latent.dtype == np.float32
        assert not latent.flags.writeable
    for preview in (step.noisy, step.clean):
        assert preview.shape == (24, 16, 3)
        assert preview.dtype == np.uint8
        assert not preview.flags.writeable
    np.testing.assert_allclose(last.x_t, last.x_0, atol=1e-6)  # the last step ends without noise
    assert 0 < step.elapsed < last.elapsed
    assert step.remaining > last.remaining > 0
    (produced,) = (event for event in events if isinstance(event, Produced))
    assert produced.pixels.shape == (96, 64, 3)
    assert produced.pixels.dtype == np.uint8
    assert not produced.pixels.flags.writeable


def test_started_has_the_models_defaults(models):
    (started,) = (event for event in run(models) if isinstance(event, Started))
    made = started.request
    assert (made.steps, made.guidance, made.sampler, made.spacing) == (
        4,
        2.0,
        "dpmpp_2m",
        "trailing",
    )
    assert started.notices == ()
    (started,) = (e for e in run(models, steps=2, guidance=0.0) if isinstance(e, Started))
    assert (started.request.steps, started.request.guidance) == (2, 0.0)


@pytest.mark.parametrize("row", SAMPLERS, ids=lambda row: row.key)
def test_every_sampler_makes_a_picture_of_its_own_seed(models, row):
    once = picture(models, sampler=row.key, prompt="a lake")
    assert np.array_equal(once, picture(models, sampler=row.key, prompt="a lake"))
    assert not np.array_equal(once, picture(models, sampler=row.key, prompt="a lake", seed=6))


@pytest.mark.parametrize("row", SPACINGS, ids=lambda row: row.key)
def test_every_spacing_makes_a_picture(models, row):
    assert picture(models, spacing=row.key).std() > 1


@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler_a", "heun"])
def test_an_image_of_a_batch_is_the_single_run_with_its_seed(models, sampler):
    shared = {"sampler": sampler, "prompt": "winter lake", "label_map": painted()}
    batch = run(models, count=3, seed=MAX_SEED - 1, **shared)
    produced = [event for event in batch if isinstance(event, Produced)]
    assert [event.request.seed for event in produced] == [MAX_SEED - 1, MAX_SEED, 0]
    for event in produced:
        assert event.request.count == 1
        assert np.array_equal(event.pixels, picture(models, seed=event.request.seed, **shared))
        (again,) = (e for e in generate(event.request, models) if isinstance(e, Produced))
        assert np.array_equal(event.pixels, again.pixels)
    assert not np.array_equal(produced[0].pixels, produced[1].pixels)


@pytest.mark.parametrize("sampler", [row.key for row in SAMPLERS])
def test_previews_do_not_change_the_picture(models, sampler):
    with_previews = picture(models, sampler=sampler, preview=Preview.BOTH)
    events = run(models, sampler=sampler, preview=Preview.NONE)
    assert all(e.noisy is None and e.clean is None for e in events if isinstance(e, Stepped))
    (produced,) = (event for event in events if isinstance(event, Produced))
    assert np.array_equal(produced.pixels, with_previews)


def test_prompt_map_and_negative_prompt_each_change_the_picture(models):
    seen = [
        picture(models, **asked).tobytes()
        for asked in (
            {},
            {"prompt": "snow"},
            {"prompt": "fog"},
            {"label_map": painted()},
            {"prompt": "snow", "label_map": painted()},
            {"prompt": "snow", "negative_prompt": "fog"},
            {"prompt": "snow", "guidance": 1.0},
            {"prompt": "snow", "guidance_interval": (0.4, 0.6)},
        )
    ]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("size", [Size(64, 64), Size(72, 64), Size(200, 136), Size(64, 248)])
def test_every_multiple_of_eight_is_made_exactly(models, size):
    events = run(models, size=size, label_map=painted(), steps=2)
    (started,) = (event for event in events if isinstance(event, Started))
    (produced,) = (event for event in events if isinstance(event, Produced))
    assert started.notices == ()
    assert produced.pixels.shape == (size.height, size.width, 3)
    step = next(event for event in events if isinstance(event, Stepped))
    assert step.x_t.shape == (4, size.height // 8, size.width // 8)
    assert step.noisy.shape == (size.height // 4, size.width // 4, 3)


def test_a_size_that_does_not_fit_is_rounded_and_said(models):
    events = run(models, size=Size(101, 30), steps=1)
    (started,) = (event for event in events if isinstance(event, Started))
    assert started.request.size == Size(104, 64)
    assert "104x64 instead of 101x30" in started.notices[0]
    assert next(e for e in events if isinstance(e, Produced)).pixels.shape == (64, 104, 3)


def test_unknown_words_are_named(models):
    (started,) = (
        e for e in run(models, prompt="A castle, by a Lake", negative_prompt="dragons", steps=1)
        if isinstance(e, Started)
    )  # fmt: skip
    assert started.unknown_words == ("castle", "by", "dragons")
    assert "words “castle”, “by” and “dragons”" in started.sentences()[0]
    assert "word “dragons”" in started.sentences(named=["castle", "by"])[0]
    assert started.sentences(named=["castle", "by", "dragons"]) == ()
    known = picture(models, prompt="a a lake")
    assert np.array_equal(known, picture(models, prompt="a castle, a lake!"))


class AfterCalls:
    """A cancel flag that is found set from the n-th question on."""

    def __init__(self, n):
        self.left = n

    def is_set(self):
        self.left -= 1
        return self.left < 0


def network_calls(models, monkeypatch):
    (model,) = (models._loaded[1],)
    calls = []
    inner = model.unet.forward
    monkeypatch.setattr(model.unet, "forward", lambda *args: calls.append(1) or inner(*args))
    return calls


@pytest.mark.parametrize("sampler", [row.key for row in SAMPLERS])
def test_cancelling_takes_effect_before_the_next_network_call(models, monkeypatch, sampler):
    run(models)
    calls = network_calls(models, monkeypatch)
    flag = threading.Event()
    after = None
    for event in generate(ask(sampler=sampler, steps=5, prompt="snow"), models, flag):
        if isinstance(event, Stepped) and event.step == 2:
            flag.set()
            after = len(calls)
    assert event == Cancelled(count=0)
    assert after == len(calls) > 0


def test_a_job_can_be_cancelled_at_every_moment(models):
    run(models)
    ends = set()
    for moment in range(30):
        events = run(models, cancel=AfterCalls(moment), prompt="snow", count=2, steps=2)
        assert sum(isinstance(e, Cancelled | Failed | Finished) for e in events) == 1
        ends.add(type(events[-1]).__name__ + str(events[-1].count))
    assert ends == {"Cancelled0", "Cancelled1", "Finished2"}
    assert isinstance(run(models)[-1], Finished)


def test_closing_the_generator_stops_the_job(models, monkeypatch):
    run(models)
    calls = network_calls(models, monkeypatch)
    events = generate(ask(), models)
    next(event for event in events if isinstance(event, Stepped))
    made = len(calls)
    events.close()
    assert len(calls) == made
    assert isinstance(run(models)[-1], Finished)


@pytest.mark.parametrize(
    "trouble",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_out_of_memory_ends_the_job_and_leaves_the_next_able_to_run(models, monkeypatch, trouble):
    run(models)
    expected = picture(models)
    model = models._loaded[1]
    held = []

    def forward(x, t, context):
        big = torch.zeros_like(x)
        held.append(weakref.ref(big))
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(model.unet, "forward", forward)
        failed = run(models, size=Size(128, 64))[-1]
    assert isinstance(failed, Failed)
    assert failed.sentence == "There is not enough memory for a picture of 128x64."
    assert failed.action
    assert "Traceback" in failed.details
    trouble.__traceback__ = None
    assert held[0]() is None
    assert np.array_equal(picture(models), expected)


def test_any_other_trouble_is_told_with_its_details(models, monkeypatch):
    run(models)
    model = models._loaded[1]

    def forward(x, t, context):
        raise KeyError("nobody thought of this")

    monkeypatch.setattr(model.unet, "forward", forward)
    failed = run(models)[-1]
    assert isinstance(failed, Failed)
    assert "nobody thought of this" in failed.sentence
    assert "forward" in failed.details


def test_a_picture_of_invalid_numbers_is_not_shown(models, monkeypatch):
    run(models)
    model = models._loaded[1]
    monkeypatch.setattr(model.unet, "forward", lambda x, t, context: x[:, :4] * torch.nan)
    events = run(models)
    assert not any(isinstance(event, Produced) for event in events)
    assert "invalid numbers" in events[-1].sentence


def test_a_model_that_is_not_there_fails_with_the_ones_that_are(models):
    (failed,) = list(generate(GenerateRequest(model="nowhere"), models))
    assert "nowhere" in failed.sentence
    assert "tiny" in failed.action


def test_the_consumers_grad_mode_is_left_alone(models):
    for _ in generate(ask(), models):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_the_engine_does_not_import_qt():
    code = (
        "import sys, studio.engine.generate, studio.engine.library\n"
        "assert not [name for name in sys.modules if name.startswith(('PySide6', 'qasync'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
