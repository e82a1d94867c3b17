"""Training of the guess that makes a map from a photograph's colours, on rendered worlds.

``python -m studio.training.colour_guess FOLDER`` reads the pictures and maps that the stage "data"
has rendered and writes what ``studio.document.formats.photograph`` reads. Every fiftieth world is
held out; the accuracy on those is printed.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from studio.contract.materials import MATERIALS
from studio.document.formats.colour_features import FEATURES, features
from studio.document.formats.photograph import GUESS, WORKING_SIDE, labels_from_colours
from studio.training.data import channel_of_label

_WIDTH = 40
_HELD_OUT = 50
_PIXELS = 400
_BATCH = 4096


def photographed(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture as another camera might have taken it: exposure, colour cast, faded or vivid
    colours, noise. uint8 [H, W, 3].
    """
    x = (pixels / 255.0) ** np.exp(rng.normal(0, 0.25))
    x = x * np.exp(rng.normal(0, 0.06, 3)) * np.exp(rng.normal(0, 0.12))
    grey = x.mean(axis=-1, keepdims=True)
    x = grey + (x - grey) * np.exp(rng.normal(0, 0.2))
    x = x + rng.normal(0, rng.uniform(0, 0.02), x.shape)
    return (x.clip(0, 1) * 255).round().astype(np.uint8)


def examples(
    picture: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, FEATURES] and channels [n] of some pixels of a window of one world."""
    side = picture.shape[0]
    height, width = rng.integers(side * 5 // 8, side + 1, 2)
    top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
    window = (slice(top, top + height), slice(left, left + width))
    shrink = WORKING_SIDE / max(height, width)
    size = (round(width * shrink), round(height * shrink))
    image = Image.fromarray(photographed(picture[window], rng))
    small = np.asarray(image.resize(size, Image.Resampling.BOX))
    known = Image.fromarray(channel_of_label()[labels[window]])
    channels = np.asarray(known.resize(size, Image.Resampling.NEAREST)).ravel()
    picks = rng.choice(channels.size, _PIXELS)
    picks = picks[channels[picks] < len(MATERIALS)]
    return features(small).reshape(-1, FEATURES)[picks], channels[picks]


def fitted(x: torch.Tensor, y: torch.Tensor, epochs: int) -> nn.Sequential:
    """A small perceptron fitted to features [n, FEATURES] and channels [n]."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(FEATURES, _WIDTH), nn.ReLU(),
        nn.Linear(_WIDTH, _WIDTH), nn.ReLU(),
        nn.Linear(_WIDTH, len(MATERIALS)),
    )  # fmt: skip
    steps = epochs * (len(x) // _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, total_steps=max(steps, 1))
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(_BATCH)[: len(x) // _BATCH]:
            optimiser.zero_grad()
            F.cross_entropy(network(x[rows]), y[rows], label_smoothing=0.02).backward()
            optimiser.step()
            schedule.step()
    return network


def write_guess(network: nn.Sequential, path: Path) -> None:
    """The layers as float16 arrays w0, b0, w1, ...: x -> relu(x w + b)."""
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    arrays: dict[str, Any] = {}
    for number, layer in enumerate(layers):
        arrays[f"w{number}"] = layer.weight.detach().T.numpy().astype(np.float16)
        arrays[f"b{number}"] = layer.bias.detach().numpy().astype(np.float16)
    np.savez_compressed(path, **arrays)


def main() -> None:
    """Train, write, and say how good it is."""
    parser = argparse.ArgumentParser(description="Train the guess of a map from colours.")
    parser.add_argument("folder", type=Path, help="the folder of the training stage “data”")
    parser.add_argument("--worlds", type=int, default=1500, help="how many worlds; else 1500")
    parser.add_argument("--epochs", type=int, default=12, help="how often each is seen; else 12")
    parser.add_argument("-o", "--output", type=Path, default=GUESS, help="the file to write")
    arguments = parser.parse_args()
    pictures = np.load(arguments.folder / "pictures.npy", mmap_mode="r")
    maps = np.load(arguments.folder / "labels.npy", mmap_mode="r")[:, 0]
    done = np.flatnonzero(np.load(arguments.folder / "done.npy"))
    learnt = [i for i in done if i % _HELD_OUT][: arguments.worlds]
    rng = np.random.default_rng(0)
    parts = [examples(np.array(pictures[i]), np.array(maps[i]), rng) for i in learnt]
    x, y = (torch.from_numpy(np.concatenate(part)) for part in zip(*parts, strict=True))
    write_guess(fitted(x, y.long(), arguments.epochs), arguments.output)
    right = []
    for i in (i for i in done if i % _HELD_OUT == 0):
        guessed, known = (
            labels_from_colours(np.array(pictures[i]), arguments.output),
            np.array(maps[i]),
        )
        right.append((guessed == known)[known != 255].mean())
    print(f"{np.mean(right):.3f} of the pixels of {len(right)} held-out worlds are right")


if __name__ == "__main__":
    main()
