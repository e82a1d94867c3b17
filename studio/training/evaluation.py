"""What a bundled landscape model is worth, measured on worlds it has never seen."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from studio.contract.events import Failed, Produced
from studio.contract.geometry import Size
from studio.contract.places import RESOURCES
from studio.contract.request import GenerateRequest, Preview
from studio.engine.families.landscape import Landscape
from studio.engine.generate import generate
from studio.engine.library import ModelLibrary
from studio.engine.nets.autoencoder import DiagonalGaussian, FirstStage
from studio.training.data import LABELS, as_images, channel_of_label
from studio.training.metrics import Confusion, band_gradients, frechet_distance, psnr
from studio.training.segmenter import Segmenter
from studio.training.stages import best_device, load_segmenter
from studio.worlds.captions import attributes, caption
from studio.worlds.render import World, render
from studio.worlds.scene import sample_scene

HELD_OUT_SEED = 0
"""First seed of the evaluation; training renders seeds from 1,000,000 on."""

SIDE, LARGE = 256, 512

HAND_PAINTED = RESOURCES / "maps" / "held-out"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: measured, what real renders reach (None where they have none), the goal."""

    name: str
    measured: float
    oracle: float | None = None
    goal: str = ""


@dataclass(frozen=True)
class Report:
    """All figures of one model, in the order of the card."""

    rows: list[Row] = field(default_factory=list)

    def as_table(self) -> str:
        """A Markdown table."""
        lines = ["| measure | model | real renders | to reach |", "|---|---|---|---|"]
        for row in self.rows:
            oracle = "" if row.oracle is None else f"{row.oracle:.3f}"
            lines.append(f"| {row.name} | {row.measured:.3f} | {oracle} | {row.goal} |")
        return "\n".join(lines)


def evaluate(
    folder: Path,
    *,
    count: int = 64,
    painted_maps: int | None = None,
    painted_seeds: int = 4,
    device: str | None = None,
) -> Report:
    """Measure the model in ``folder`` on ``count`` held-out worlds and on the hand-painted maps
    (the first ``painted_maps`` of them, None = all), each with ``painted_seeds`` seeds.
    """
    chosen = torch.device(device) if device else best_device()
    segmenter = load_segmenter(folder, chosen)
    library = ModelLibrary()
    worlds = held_out_worlds(count, str(chosen))
    images = as_images(np.stack([world.image for world in worlds]), chosen)
    others = as_images(
        np.stack(
            [world.image for world in held_out_worlds(count, str(chosen), HELD_OUT_SEED + count)]
        ),
        chosen,
    )
    report = Report()
    report.rows.extend(_first_stage_rows(folder, library, segmenter, images, others))
    report.rows.extend(_map_rows(folder, library, segmenter, worlds, images, others))
    report.rows.extend(_large_rows(folder, library, segmenter, max(1, count // 4)))
    report.rows.extend(_painted_rows(folder, library, segmenter, painted_maps, painted_seeds))
    report.rows.extend(_prompt_rows(folder, library, segmenter, worlds, images))
    return report


def held_out_worlds(
    count: int, device: str = "cpu", first: int = HELD_OUT_SEED, side: int = SIDE
) -> list[World]:
    """Worlds of the seeds from ``first`` on, square."""
    worlds: list[World] = []
    for begin in tqdm(range(first, first + count, 16), desc="held-out worlds", leave=False):
        seeds = range(begin, min(begin + 16, first + count))
        worlds += render([sample_scene(seed) for seed in seeds], (side, side), device)
    return worlds


def load_model(library: ModelLibrary, folder: Path) -> Landscape:
    """The loaded model of a folder; ModelError when it cannot be used."""
    loading = library.get(str(folder))
    while True:
        try:
            next(loading)
        except StopIteration as done:
            return done.value


def samples(
    folder: Path, library: ModelLibrary, requests: Sequence[GenerateRequest], what: str
) -> Iterator[np.ndarray]:
    """The pictures of single-image requests in order; RuntimeError where one fails."""
    return (event.pixels for event in produced(folder, library, requests, what))


def produced(
    folder: Path, library: ModelLibrary, requests: Sequence[GenerateRequest], what: str
) -> Iterator[Produced]:
    """The same with the maps that were drawn from words."""
    for request in tqdm(requests, desc=what, leave=False):
        for event in generate(request, library, threading.Event()):
            match event:
                case Produced():
                    yield event
                case Failed():
                    raise RuntimeError(f"{event.sentence} {event.details}")


def read(segmenter: Segmenter, images: Tensor) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    """Channel map int64 [B, H, W], mood indices [B] and pooled features of [B, 3, H, W]."""
    with torch.inference_mode():
        parts = [segmenter(chunk) for chunk in images.split(16)]
    logits = torch.cat([part[0] for part in parts])
    logits = F.interpolate(logits, size=images.shape[-2:], mode="bilinear", align_corners=False)
    moods = {name: torch.cat([part[1][name] for part in parts]).argmax(1) for name in parts[0][1]}
    return logits.argmax(1), moods, torch.cat([part[2] for part in parts])


def _features(segmenter: Segmenter, images: Tensor) -> Tensor:
    return read(segmenter, images)[2]


def _first_stage_rows(
    folder: Path, library: ModelLibrary, segmenter: Segmenter, images: Tensor, others: Tensor
) -> Iterable[Row]:
    first_stage = load_model(library, folder).first_stage
    with torch.inference_mode():
        made = torch.cat([_reconstructed(first_stage, chunk) for chunk in images.split(8)])
    yield Row(name="first stage: PSNR, dB", measured=psnr(made, images))
    ratio = band_gradients(made) / band_gradients(images)
    names = ("high band", "middle band", "low band")
    for name, value in zip(names, ratio.tolist(), strict=True):
        goal = "0.85-1.1" if name == "high band" else ""
        yield Row(
            name=f"first stage: gradient ratio, {name}", measured=value, oracle=1.0, goal=goal
        )
    real = _features(segmenter, images)
    yield Row(
        name="first stage: Frechet distance",
        measured=frechet_distance(_features(segmenter, made), real),
        oracle=frechet_distance(_features(segmenter, others), real),
    )


def _reconstructed(first_stage: FirstStage, images: Tensor) -> Tensor:
    latent = first_stage.encode(images)
    z = latent.mode() if isinstance(latent, DiagonalGaussian) else latent
    return first_stage.decode(z).clamp(-1, 1)


def _map_rows(
    folder: Path,
    library: ModelLibrary,
    segmenter: Segmenter,
    worlds: Sequence[World],
    images: Tensor,
    others: Tensor,
) -> Iterable[Row]:
    requests = [_request(folder, seed, label_map=world.labels) for seed, world in enumerate(worlds)]
    made = as_images(
        np.stack(list(samples(folder, library, requests, "rendered maps"))), images.device
    )
    truth = _channels(np.stack([world.labels for world in worlds]))
    predicted, _, features = read(segmenter, made)
    real_predicted, _, real_features = read(segmenter, images)
    ours, oracle = Confusion(len(LABELS)), Confusion(len(LABELS))
    ours.add(truth, predicted.cpu())
    oracle.add(truth, real_predicted.cpu())
    yield Row(
        name="rendered maps: mIoU",
        measured=ours.mean_iou(),
        oracle=oracle.mean_iou(),
        goal=">= 0.60",
    )
    yield Row(
        name="rendered maps: pixel accuracy",
        measured=ours.pixel_accuracy(),
        oracle=oracle.pixel_accuracy(),
        goal=">= 0.85",
    )
    yield Row(
        name="rendered maps: Frechet distance",
        measured=frechet_distance(features, real_features),
        oracle=frechet_distance(_features(segmenter, others), real_features),
    )


def _large_rows(
    folder: Path, library: ModelLibrary, segmenter: Segmenter, count: int
) -> Iterable[Row]:
    """The same worlds rendered and sampled at twice the size the denoiser was trained at."""
    device = _device(segmenter)
    worlds = held_out_worlds(count, str(device), side=LARGE)
    requests = [
        _request(folder, seed, LARGE, label_map=world.labels) for seed, world in enumerate(worlds)
    ]
    what = f"rendered maps at {LARGE}x{LARGE}"
    truth = _channels(np.stack([world.labels for world in worlds]))
    scores = []
    for pictures in (samples(folder, library, requests, what), (world.image for world in worlds)):
        predicted, _, _ = read(segmenter, as_images(np.stack(list(pictures)), device))
        confusion = Confusion(len(LABELS))
        confusion.add(truth, predicted.cpu())
        scores.append((confusion.mean_iou(), confusion.pixel_accuracy()))
    for name, ours, oracle in zip(("mIoU", "pixel accuracy"), *scores, strict=True):
        yield Row(name=f"{what}: {name}", measured=ours, oracle=oracle)


def _painted_rows(
    folder: Path, library: ModelLibrary, segmenter: Segmenter, count: int | None, seeds: int
) -> Iterable[Row]:
    paths = sorted(HAND_PAINTED.glob("*.png"))[:count]
    maps = [np.asarray(Image.open(path)) for path in paths]
    maps = [_shrunk(labels) for labels in maps]
    requests = [
        _request(folder, 1000 * number + seed, label_map=labels)
        for number, labels in enumerate(maps)
        for seed in range(seeds)
    ]
    made = as_images(
        np.stack(list(samples(folder, library, requests, "hand-painted maps"))), _device(segmenter)
    )
    predicted, _, _ = read(segmenter, made)
    confusion = Confusion(len(LABELS))
    truth = _channels(np.stack(maps)).repeat_interleave(seeds, 0)
    confusion.add(truth, predicted.cpu())
    yield Row(name="hand-painted maps: mIoU", measured=confusion.mean_iou(), goal=">= 0.55")
    yield Row(name="hand-painted maps: pixel accuracy", measured=confusion.pixel_accuracy())


def _prompt_rows(
    folder: Path,
    library: ModelLibrary,
    segmenter: Segmenter,
    worlds: Sequence[World],
    images: Tensor,
) -> Iterable[Row]:
    asked = [attributes(world.scene) for world in worlds]
    prompts = [
        caption(world.scene, world.labels, np.random.default_rng(number), complete=True)
        for number, world in enumerate(worlds)
    ]
    requests = [_request(folder, seed, prompt=prompt) for seed, prompt in enumerate(prompts)]
    made = as_images(np.stack(list(samples(folder, library, requests, "prompts"))), images.device)
    _, moods, _ = read(segmenter, made)
    _, real_moods, _ = read(segmenter, images)
    scores: dict[str, tuple[float, float]] = defaultdict()
    for name, values in segmenter.moods.items():
        truth = torch.tensor([values.index(mood[name]) for mood in asked])
        ours = (moods[name].cpu() == truth).float().mean().item()
        oracle = (real_moods[name].cpu() == truth).float().mean().item()
        scores[name] = ours, oracle
        yield Row(name=f"prompt: {name}", measured=ours, oracle=oracle, goal=">= 0.80")
    ours, oracle = np.mean(list(scores.values()), 0)
    yield Row(name="prompt: mean", measured=float(ours), oracle=float(oracle), goal=">= 0.80")


def _request(folder: Path, seed: int, side: int = SIDE, **what: object) -> GenerateRequest:
    return GenerateRequest(
        model=str(folder),
        seed=seed,
        size=Size(side, side),
        preview=Preview.NONE,
        **what,  # type: ignore[arg-type]
    )


def _channels(labels: np.ndarray) -> Tensor:
    return torch.from_numpy(channel_of_label()[labels].astype(np.int64))


def _shrunk(labels: np.ndarray) -> np.ndarray:
    """A map at 256 x 256, nearest neighbour."""
    rows = np.arange(256) * labels.shape[0] // 256
    columns = np.arange(256) * labels.shape[1] // 256
    return np.ascontiguousarray(labels[rows][:, columns])


def _device(module: torch.nn.Module) -> torch.device:
    return next(module.parameters()).device
