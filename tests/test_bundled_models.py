"""The bundled models, once each, as a person uses them."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

from studio.contract.events import Event, Finished, Produced, Started, Stepped
from studio.contract.geometry import Size
from studio.contract.places import MODELS, RESOURCES
from studio.contract.request import GenerateRequest
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.training.data import as_images, channel_of_label
from studio.training.evaluation import read
from studio.training.stages import load_segmenter

BUDGET_BYTES = 48 * 2**20
SIDE = 256


@pytest.fixture(scope="module")
def lake() -> np.ndarray:
    picture = Image.open(RESOURCES / "maps" / "mountain-lake.png")
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.NEAREST))


@pytest.fixture(scope="module")
def events(lake: np.ndarray) -> list[Event]:
    request = GenerateRequest(
        prompt="a mountain lake in summer, noon", label_map=lake, size=Size(SIDE, SIDE), seed=3
    )
    return list(generate(request, ModelLibrary()))


def test_the_models_stay_within_the_budget() -> None:
    """All of their files, not the weights alone."""
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) <= BUDGET_BYTES


def test_the_landscape_model_finishes_and_knows_the_words(events: list[Event]) -> None:
    assert isinstance(events[-1], Finished)
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.unknown_words == ()


def test_the_landscape_follows_the_map(lake: np.ndarray, events: list[Event]) -> None:
    (produced,) = [event for event in events if isinstance(event, Produced)]
    images = as_images(produced.pixels[None], torch.device("cpu"))
    predicted, _, _ = read(load_segmenter(MODELS / "landscape"), images)
    truth = channel_of_label()[lake]
    water, sky = truth == channel_of_label()[177], truth == channel_of_label()[156]
    agreed = predicted[0].numpy() == truth
    assert agreed.mean() > 0.5
    assert agreed[water].mean() > 0.5
    assert agreed[sky].mean() > 0.5


def test_the_last_preview_shows_the_finished_picture(events: list[Event]) -> None:
    (produced,) = [event for event in events if isinstance(event, Produced)]
    last = [event for event in events if isinstance(event, Stepped)][-1]
    assert last.clean is not None
    height, width = last.clean.shape[:2]
    small = Image.fromarray(produced.pixels).resize((width, height), Image.Resampling.BOX)
    pair = np.stack([np.asarray(small, float).ravel(), last.clean.astype(float).ravel()])
    assert np.corrcoef(pair)[0, 1] > 0.9


def test_the_card_says_how_it_was_made_and_measured() -> None:
    card = (MODELS / "landscape" / "README.md").read_text(encoding="utf-8")
    for what in ("Data", "Recipe", "seed", "steps", "Hardware", "Licence", "sheets/landscape.webp"):
        assert what in card
    figures = dict(re.findall(r"^\| ([^|]+?) \| ([0-9.]+) \|", card, re.MULTILINE))
    assert {"rendered maps: mIoU", "hand-painted maps: mIoU", "first stage: PSNR, dB"} <= set(
        figures
    )
