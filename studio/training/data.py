"""Rendered worlds on disk: pictures, maps, hand-like maps, captions and moods, memory-mapped."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from studio.contract.materials import MATERIALS
from studio.training.config import DataConfig
from studio.worlds.captions import attributes, caption
from studio.worlds.painting import hand_like
from studio.worlds.render import render
from studio.worlds.scene import Scene, sample_scene

LABELS = tuple(material.id for material in MATERIALS)
"""Channel order of maps and segmentations: the palette's."""

CHUNK = 16


def channel_of_label() -> np.ndarray:
    """uint8 [256]: label id -> channel 0..19, every other id -> 20 (unlabelled)."""
    table = np.full(256, len(LABELS), np.uint8)
    for channel, label in enumerate(LABELS):
        table[label] = channel
    return table


class WorldData:
    """A folder of rendered worlds.

    ``pictures`` uint8 [N, S, S, 3], ``labels`` uint8 [N, 1 + hand_like, S, S] of material ids (the
    exact map first), ``captions`` N lists of strings, ``moods`` N attribute dictionaries.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        rows = [json.loads(line) for line in (directory / "worlds.jsonl").open(encoding="utf-8")]
        done = np.load(directory / "done.npy")
        self.rows = np.flatnonzero(done)
        self.pictures = np.load(directory / "pictures.npy", mmap_mode="r")
        self.labels = np.load(directory / "labels.npy", mmap_mode="r")
        by_index = {row["index"]: row for row in rows}
        self.captions = [by_index[i]["captions"] for i in self.rows]
        self.moods = [by_index[i]["mood"] for i in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


def scene_of(seed: int, config: DataConfig) -> Scene:
    """The scene of a seed; a share of the scenes is of the recipe's featured terrains."""
    chance = float(np.random.default_rng(seed).random())
    for terrain, share in config.featured.items():
        if chance < share:
            return sample_scene(seed, terrain=terrain)
        chance -= share
    return sample_scene(seed)


def captions_of(seed: int, scene: Scene, labels: np.ndarray, config: DataConfig) -> list[str]:
    """The captions of a world's exact map uint8 [S, S]: one in six asks for everything, as a
    prompt written out in full does, and one in three is Vietnamese.
    """
    rng = np.random.default_rng([seed, 1])
    return [
        caption(scene, labels, rng, "vi" if i % 3 == 2 else "en", complete=i % 6 == 0)
        for i in range(config.captions)
    ]


def render_chunk(
    seeds: Sequence[int], config: DataConfig, device: str
) -> list[tuple[np.ndarray, np.ndarray, list[str], dict[str, str]]]:
    """Render worlds with their maps, captions and moods; the same seeds give the same data."""
    torch.set_num_threads(1)
    worlds = render([scene_of(seed, config) for seed in seeds], (config.size, config.size), device)
    results = []
    for seed, world in zip(seeds, worlds, strict=True):
        rng = np.random.default_rng(seed)
        maps = [world.labels, *(hand_like(world.labels, rng) for _ in range(config.hand_like))]
        captions = captions_of(seed, world.scene, world.labels, config)
        results.append((world.image, np.stack(maps), captions, attributes(world.scene)))
    return results


def make_data(
    directory: Path, config: DataConfig, *, device: str = "cpu", workers: int = 0
) -> None:
    """Render every world of ``config`` that ``directory`` does not hold yet.

    ``workers`` processes render on the CPU (0 = one per core); a CUDA device renders in this one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    shape = (config.count, config.size, config.size)
    done_path = directory / "done.npy"
    if not done_path.exists():
        np.lib.format.open_memmap(directory / "pictures.npy", "w+", np.uint8, (*shape, 3))
        maps_shape = (config.count, 1 + config.hand_like, config.size, config.size)
        np.lib.format.open_memmap(directory / "labels.npy", "w+", np.uint8, maps_shape)
        np.save(done_path, np.zeros(config.count, bool))
    pictures = np.load(directory / "pictures.npy", mmap_mode="r+")
    labels = np.load(directory / "labels.npy", mmap_mode="r+")
    if pictures.shape != (*shape, 3):
        raise ValueError(f"{directory} holds data of another recipe; choose another folder.")
    done = np.load(done_path)
    missing = np.flatnonzero(~done)
    chunks = [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)]
    with (directory / "worlds.jsonl").open("a", encoding="utf-8") as journal:
        for indices, results in tqdm(
            _rendered(chunks, config, device, workers), total=len(chunks), desc="worlds"
        ):
            for index, (picture, maps, captions, mood) in zip(indices, results, strict=True):
                pictures[index], labels[index] = picture, maps
                row = {"index": int(index), "captions": captions, "mood": mood}
                journal.write(json.dumps(row, ensure_ascii=False) + "\n")
            journal.flush()
            done[indices] = True
            np.save(directory / "done.part.npy", done)
            os.replace(directory / "done.part.npy", done_path)


def _rendered(
    chunks: list[np.ndarray], config: DataConfig, device: str, workers: int
) -> Iterator[tuple[np.ndarray, list]]:
    def seeds(chunk: np.ndarray) -> list[int]:
        return [config.first_seed + int(i) for i in chunk]

    if device != "cpu":
        for chunk in chunks:
            yield chunk, render_chunk(seeds(chunk), config, device)
        return
    # spawn: torch's threads do not survive a fork
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(render_chunk, seeds(chunk), config, device) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            yield chunk, future.result()


def as_images(pictures: np.ndarray, device: torch.device) -> torch.Tensor:
    """uint8 [B, H, W, 3] -> float32 [B, 3, H, W] in -1..1, channels last."""
    images = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2)
    return images.float().div_(127.5).sub_(1)
