"""The sheet of a model's card: held-out maps, samples of four seeds and of four prompts."""

from pathlib import Path

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.contract.request import GenerateRequest, Preview
from studio.engine.library import ModelLibrary
from studio.training.evaluation import HAND_PAINTED, held_out_worlds, samples

PROMPTS = (
    "a landscape at noon in summer, clear sky",
    "a landscape at sunset",
    "a snowy landscape in winter",
    "a landscape in fog",
)
SEEDS = (1, 2, 3, 4)
MAPS_OF_EACH_KIND = 6
SIDE = 256
GAP = 6


def draw_sheet(folder: Path, device: str | None = None) -> Path:
    """Write sheet.webp: a row a map; the map, four seeds without words, the four prompts."""
    rendered = [world.labels for world in held_out_worlds(MAPS_OF_EACH_KIND, device or "cpu")]
    painted = [
        np.asarray(Image.open(path).resize((SIDE, SIDE), Image.Resampling.NEAREST))
        for path in sorted(HAND_PAINTED.glob("*.png"))[:MAPS_OF_EACH_KIND]
    ]
    maps = [*rendered, *painted]
    requests = [
        _request(folder, labels, seed, prompt)
        for labels in maps
        for seed, prompt in [(seed, "") for seed in SEEDS] + [(SEEDS[0], text) for text in PROMPTS]
    ]
    pictures = samples(folder, ModelLibrary(), requests, "sheet")
    columns = 1 + len(SEEDS) + len(PROMPTS)
    cell = SIDE + GAP
    sheet = Image.new("RGB", (columns * cell + GAP, len(maps) * cell + GAP), "white")
    for row, labels in enumerate(maps):
        sheet.paste(coloured(labels), (GAP, GAP + row * cell))
        for column in range(1, columns):
            picture = Image.fromarray(next(pictures))
            sheet.paste(picture, (GAP + column * cell, GAP + row * cell))
    sheet.save(folder / "sheet.webp", quality=65, method=6)
    return folder / "sheet.webp"


def coloured(labels: np.ndarray) -> Image.Image:
    """A map [H, W] in the palette's colours, unlabelled pixels white."""
    table = np.full((256, 3), 255, np.uint8)
    for material in MATERIALS:
        table[material.id] = material.gaugan
    return Image.fromarray(table[labels])


def _request(folder: Path, labels: np.ndarray, seed: int, prompt: str) -> GenerateRequest:
    return GenerateRequest(
        model=str(folder),
        prompt=prompt,
        label_map=labels,
        size=Size(SIDE, SIDE),
        seed=seed,
        preview=Preview.NONE,
    )
