"""Image-to-image and repainting with the studio's own kind of model."""

from dataclasses import replace

import numpy as np
import pytest

from studio.contract.catalog import SAMPLERS
from studio.contract.events import Event, Failed, Produced, Started, Stepped
from studio.contract.geometry import Size
from studio.contract.request import Box, GenerateRequest
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from tests.tiny_model import write_tiny_model

SOURCE = np.kron(
    np.random.default_rng(3).integers(0, 256, (8, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8)
)
MASK = np.zeros((64, 64), np.uint8)
MASK[16:40, 24:] = 255
REQUEST = GenerateRequest(
    model="tiny", size=Size(64, 64), seed=5, prompt="snow lake", steps=4, source=SOURCE
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelLibrary:
    folder = write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    return ModelLibrary([folder.parent], device="cpu")


def run(models: ModelLibrary, **asked: object) -> list[Event]:
    return list(generate(replace(REQUEST, **asked), models))  # type: ignore[arg-type]


def result(models: ModelLibrary, **asked: object) -> Produced:
    (produced,) = [e for e in run(models, **asked) if isinstance(e, Produced)]
    return produced


@pytest.mark.parametrize("sampler", [row.key for row in SAMPLERS])
def test_every_sampler_begins_from_a_source(models: ModelLibrary, sampler: str) -> None:
    once = result(models, sampler=sampler, strength=0.5)
    again = result(models, sampler=sampler, strength=0.5)
    assert np.array_equal(once.pixels, again.pixels)
    weak = result(models, sampler=sampler, strength=0.0).pixels
    strong = result(models, sampler=sampler, strength=1.0).pixels
    assert not np.array_equal(weak, strong)
    assert not np.array_equal(once.pixels, strong)


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("sampler", [row.key for row in SAMPLERS])
def test_every_sampler_keeps_what_the_mask_keeps(
    models: ModelLibrary, sampler: str, strength: float
) -> None:
    events = run(models, sampler=sampler, mask=MASK, strength=strength, eta=0.5)
    (produced,) = [event for event in events if isinstance(event, Produced)]
    changed = (produced.pixels != SOURCE).any(axis=2)
    assert not changed[MASK == 0].any()
    assert changed[MASK > 0].mean() > 0.9
    steps = [event for event in events if isinstance(event, Stepped)]
    cells = MASK[::8, ::8] > 0
    first, last = steps[0].x_0, steps[-1].x_0
    assert np.array_equal(first[:, ~cells], last[:, ~cells])  # the source's latent all the time
    assert not np.array_equal(first[:, cells], last[:, cells])


def test_images_of_a_batch_begin_from_their_own_noise(models: ModelLibrary) -> None:
    asked = {"sampler": "euler_a", "mask": MASK, "strength": 0.8}
    both = [e for e in run(models, count=2, **asked) if isinstance(e, Produced)]
    assert not np.array_equal(both[0].pixels, both[1].pixels)
    alone = result(models, seed=6, **asked)
    assert np.array_equal(both[1].pixels, alone.pixels)


def test_strength_is_a_share_of_the_steps(models: ModelLibrary) -> None:
    counts = {
        strength: [event.steps for event in run(models, strength=strength, steps=10)
                   if isinstance(event, Stepped)]
        for strength in (0.0, 0.34, 1.0)
    }  # fmt: skip
    assert counts == {0.0: [1], 0.34: [3] * 3, 1.0: [10] * 10}
    (started,) = [event for event in run(models) if isinstance(event, Started)]
    assert started.request.strength == 0.75
    (started,) = [event for event in run(models, mask=MASK) if isinstance(event, Started)]
    assert started.request.strength == 1
    (started,) = [e for e in run(models, source=None, strength=0.3) if isinstance(e, Started)]
    assert started.request.strength is None


def test_a_source_of_another_size_is_fitted_and_said(models: ModelLibrary) -> None:
    large = np.kron(SOURCE, np.ones((2, 3, 1), np.uint8))  # 192x128
    mask = np.kron(MASK, np.ones((2, 3), np.uint8))
    events = run(models, source=large, mask=mask)
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.notices == ("The source is of 192x128: its middle was cut out to fit 64x64.",)
    (produced,) = [event for event in events if isinstance(event, Produced)]
    made = produced.request
    assert made.source is not None
    assert made.mask is not None
    assert made.source.shape == (64, 64, 3)
    assert np.array_equal(produced.pixels[made.mask == 0], made.source[made.mask == 0])
    again = next(e for e in generate(made, models) if isinstance(e, Produced))
    assert np.array_equal(again.pixels, produced.pixels)


def test_any_multiple_of_eight_is_repainted(models: ModelLibrary) -> None:
    source = np.full((72, 136, 3), 200, np.uint8)
    mask = np.zeros((72, 136), np.uint8)
    mask[60:, 100:] = 255
    mask[50:60, 100:] = 100
    made = result(models, source=source, mask=mask, size=Size(136, 72)).pixels
    assert made.shape == source.shape
    assert (made[mask == 0] == 200).all()
    assert (made[mask == 255] != 200).any()
    blended = np.abs(made[mask == 100].astype(float) - 200).mean()
    assert 0 < blended < np.abs(made[mask == 255].astype(float) - 200).mean()


def test_a_black_mask_is_refused(models: ModelLibrary) -> None:
    (*_, failed) = run(models, mask=np.full_like(MASK, 127))
    assert isinstance(failed, Failed)
    assert failed.sentence == "The mask is black everywhere: nothing would be repainted."
    assert "white" in failed.action


def test_a_small_change_to_a_picture_stays_close_to_it() -> None:
    """The bundled model on a smooth picture, which its first stage can keep."""
    ramp = np.linspace(90, 200, 128, dtype=np.float32)
    pixels = np.stack([np.broadcast_to(ramp[:, None], (128, 128))] * 3, axis=2).astype(np.uint8)
    request = GenerateRequest(
        model="landscape", source=pixels, size=Size(128, 128), prompt="a lake", steps=4
    )
    models = ModelLibrary(device="cpu")
    made = {
        strength: next(
            event.pixels for event in generate(replace(request, strength=strength), models)
            if isinstance(event, Produced)
        )
        for strength in (0.0, 1.0)
    }  # fmt: skip
    away = {s: float(np.abs(p.astype(float) - pixels).mean()) for s, p in made.items()}
    assert away[0.0] < 12
    assert away[0.0] < away[1.0]


def test_what_the_model_has_no_use_for_is_said(models: ModelLibrary) -> None:
    box = Box(label=1, left=0, top=0, right=1, bottom=1)
    events = run(models, source=None, class_id=3, boxes=(box,), noise_level=5, steps=1)
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.notices == (
        "This model has no classes: the class has no effect.",
        "This model takes no boxes: they have no effect.",
        "This model takes no noise level: it has no effect.",
    )
    assert (started.request.class_id, started.request.boxes) == (None, ())
