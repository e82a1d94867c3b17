"""The pictures an upscaler learns from, on disk; and the pairs of large and small cut from them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from studio.contract.upscaling import NATIVE_SCALE
from studio.training.upscaling.colours import Rng
from studio.training.upscaling.damage import damaged, small_bicubic
from studio.training.upscaling.drawings import lettering, line_art
from studio.training.upscaling.leaves import dead_leaves
from studio.training.upscaling.patterns import gradients, stuff
from studio.training.upscaling.recipe import PicturesConfig
from studio.worlds.render import render
from studio.worlds.scene import sample_scene


def world(rng: Rng, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: a rendered landscape."""
    scene = sample_scene(int(rng.integers(2**31)))
    (made,) = render([scene], (side, side), "cpu")
    return made.image


KINDS: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "leaves": dead_leaves,
    "worlds": world,
    "text": lettering,
    "lines": line_art,
    "textures": stuff,
    "gradients": gradients,
}
"""Kind -> a function of a generator and a side that makes uint8 [side, side, 3]."""


def kind_of(index: int, config: PicturesConfig) -> str:
    """The kind of the picture of that number; the shares hold for every stretch of numbers."""
    names = list(config.kinds)
    shares = np.cumsum([config.kinds[name] for name in names]) / sum(config.kinds.values())
    place = (index * 0.6180339887498949) % 1  # the golden ratio spreads any run of numbers evenly
    return names[int(np.searchsorted(shares, place, side="right").clip(max=len(names) - 1))]


def make_picture(index: int, config: PicturesConfig) -> np.ndarray:
    """Picture number ``index`` of a recipe: uint8 [size, size, 3]; always the same."""
    rng = np.random.default_rng(config.first_seed + index)
    return KINDS[kind_of(index, config)](rng, config.size)


def make_pictures(directory: Path, config: PicturesConfig) -> np.ndarray:
    """Every picture of the recipe, uint8 [N, size, size, 3], memory-mapped; those that
    ``directory`` does not hold yet are made. ValueError when it holds another recipe's.
    """
    directory.mkdir(parents=True, exist_ok=True)
    shape = (config.count, config.size, config.size, 3)
    path, done_path = directory / "pictures.npy", directory / "done.npy"
    if not done_path.exists():
        np.lib.format.open_memmap(path, "w+", np.uint8, shape)
        np.save(done_path, np.zeros(config.count, bool))
    pictures = np.load(path, mmap_mode="r+")
    if pictures.shape != shape:
        raise ValueError(f"{directory} holds pictures of another recipe; choose another folder.")
    done = np.load(done_path)
    for number, index in enumerate(tqdm(np.flatnonzero(~done), desc="pictures")):
        pictures[index] = make_picture(int(index), config)
        done[index] = True
        if number % 50 == 49:
            _save(done_path, done)
    _save(done_path, done)
    return np.load(path, mmap_mode="r")


def _save(path: Path, done: np.ndarray) -> None:
    part = path.with_name("done.part.npy")
    np.save(part, done)
    os.replace(part, path)


def pairs(
    pictures: np.ndarray, rng: Rng, crop: int, clean: float
) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Without end: a large crop uint8 [crop, crop, 3], the small picture it became, and the
    repair level in 0..1 that says how badly.
    """
    height, width = pictures.shape[1:3]
    while True:
        top, left = rng.integers(height - crop + 1), rng.integers(width - crop + 1)
        large = pictures[rng.integers(len(pictures)), top : top + crop, left : left + crop]
        large = _turned(np.array(large), rng)
        if rng.random() < clean:
            yield large, small_bicubic(large), 0.0
            continue
        level = rng.random()
        told = float(np.clip(level + rng.normal(0, 0.1), 0.02, 1))
        yield large, damaged(large, rng, level), told


def _turned(picture: np.ndarray, rng: Rng) -> np.ndarray:
    picture = np.rot90(picture, int(rng.integers(4)))
    return np.ascontiguousarray(picture[:, ::-1] if rng.random() < 0.5 else picture)


def check_crop(crop: int, config: PicturesConfig) -> None:
    """ValueError when crops of that side cannot be cut."""
    if crop % NATIVE_SCALE or crop > config.size:
        raise ValueError(f"crop must be a multiple of {NATIVE_SCALE} and at most {config.size}.")
