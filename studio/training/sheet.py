"""The sheet of a model's card: held-out maps, samples of four seeds and of four prompts, and what
words alone become.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from studio.contract.geometry import Size
from studio.contract.materials import MATERIALS
from studio.contract.request import GenerateRequest, Preview
from studio.engine.library import ModelLibrary
from studio.training.card import sheet_of
from studio.training.evaluation import HAND_PAINTED, held_out_worlds, produced, samples

PROMPTS = (
    "a landscape at noon in summer, clear sky",
    "a landscape at sunset",
    "a snowy landscape in winter",
    "a landscape in fog",
)
WORDS_ALONE = (
    "mountains in spring, noon, clear sky",
    "a mountain lake in summer, at sunset",
    "hills with flowers, spring, cloudy",
    "a winding river, autumn, golden hour",
    "a forest in autumn, fog",
    "the coast in summer, blue sky",
    "a beach in winter, dawn",
    "desert, sand dunes, noon",
    "open plain in summer, rain",
)
SEEDS = (1, 2, 3, 4)
MAPS_OF_EACH_KIND = 6
SIDE = 256
GAP = 6


def draw_sheet(folder: Path, device: str | None = None) -> Path:
    """Write the model's sheet: a row a map; the map, four seeds without words, the four prompts.
    Then two rows of words alone: the maps that were drawn from them, and the pictures.
    """
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
    library = ModelLibrary()
    pictures = samples(folder, library, requests, "sheet")
    columns = 1 + len(SEEDS) + len(PROMPTS)
    cell = SIDE + GAP
    sheet = Image.new("RGB", (columns * cell + GAP, (len(maps) + 2) * cell + GAP), "white")
    for row, labels in enumerate(maps):
        sheet.paste(coloured(labels), (GAP, GAP + row * cell))
        for column in range(1, columns):
            picture = Image.fromarray(next(pictures))
            sheet.paste(picture, (GAP + column * cell, GAP + row * cell))
    spoken = [_request(folder, None, SEEDS[0], text) for text in WORDS_ALONE]
    for column, made in enumerate(produced(folder, library, spoken, "words alone")):
        at = GAP + column * cell, GAP + len(maps) * cell
        if made.drawn_map is not None:
            sheet.paste(coloured(made.drawn_map), at)
        sheet.paste(Image.fromarray(made.pixels), (at[0], at[1] + cell))
    path = sheet_of(folder)
    sheet.save(path, quality=65, method=6)
    return path


def coloured(labels: np.ndarray) -> Image.Image:
    """A map [H, W] in the palette's colours, unlabelled pixels white."""
    table = np.full((256, 3), 255, np.uint8)
    for material in MATERIALS:
        table[material.id] = material.gaugan
    return Image.fromarray(table[labels])


def _request(folder: Path, labels: np.ndarray | None, seed: int, prompt: str) -> GenerateRequest:
    return GenerateRequest(
        model=str(folder),
        prompt=prompt,
        label_map=labels,
        size=Size(SIDE, SIDE),
        seed=seed,
        preview=Preview.NONE,
    )
