"""Everything the denoiser learns from, computed once: latents, coarse maps and token ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from studio.contract.materials import MATERIALS
from studio.engine.conditioning.text import build_tokenizer
from studio.engine.configuration import build
from studio.engine.families.latent_diffusion import normalised
from studio.engine.model_config import FirstStageConfig
from studio.training.data import LABELS, as_images, channel_of_label
from studio.training.stages import Workshop
from studio.training.train_first_stage import load_first_stage
from studio.worlds.captions import VOCABULARY, words

SNOW_WORDS = frozenset(
    ("winter", "wintertime", "wintry", "snow", "snowy", "snowing", "snowfall", "tuyết", "đông")
)
FOG_WORDS = frozenset(("fog", "foggy", "mist", "misty", "hazy", "sương"))
CLOUD_WORDS = frozenset(
    ("cloudy", "clouds", "overcast", "grey", "gray", "gloomy", "dull", "moody", "rain", "rainy",
     "raining", "storm", "stormy", "snowfall", "snowing", "snowstorm", "blizzard", "mây", "mưa",
     "xám", "u", "bão", "rơi")
)  # fmt: skip
UNDER_SNOW = ("grass", "grass", "grass", "hill", "dirt", "flower")
BEHIND_FOG = ("grass", "grass", "tree", "hill", "mountain")

_CHANNEL = {material.key: channel for channel, material in enumerate(MATERIALS)}


@dataclass(frozen=True)
class LatentData:
    """Cached training data of the denoiser, memory-mapped.

    ``latents`` float16 [N, 2, C, h, w], normalised per channel, as rendered and mirrored;
    ``maps`` uint8 [N, M, 21, h, w], the share of every label (and of "unlabelled") in a latent
    cell's f x f pixels as 0..255, the exact map first; ``tokens`` int16 [N, captions, T];
    ``hidden`` bool [N, captions, 3], whether the land lies under snow, whether in fog and whether
    the sky is behind clouds, and the caption says so.
    """

    latents: np.ndarray
    maps: np.ndarray
    tokens: np.ndarray
    hidden: np.ndarray

    @classmethod
    def read(cls, directory: Path) -> "LatentData":
        """Open what ``cache_latents`` wrote; ValueError when it has not run."""
        if not (directory / "tokens.npy").exists():
            raise ValueError("The latents are not cached; run `latent-studio train latents` first.")
        return cls(
            *(
                np.load(directory / f"{name}.npy", mmap_mode="r")
                for name in ("latents", "maps", "tokens", "hidden")
            )
        )


def uncovered(
    shares: np.ndarray,
    *,
    snow: bool = False,
    fog: bool = False,
    clouds: bool = False,
    under: str = "grass",
    behind: str = "grass",
) -> np.ndarray:
    """A map uint8 [21, h, w] as a person paints it who writes "winter", "fog" or "rain" beside it.

    They leave the meadow a meadow and the sky a sky, where the rendered map says snow, fog and
    clouds: snow becomes the material ``under`` it, fog becomes sky in the upper half and what is
    ``behind`` it below, clouds become sky.
    """
    sky = _CHANNEL["sky"]
    result = shares.astype(np.int16)
    if snow:
        result[_CHANNEL[under]] += result[_CHANNEL["snow"]]
        result[_CHANNEL["snow"]] = 0
    if fog:
        half = result.shape[1] // 2
        veil = result[_CHANNEL["fog"]]
        result[sky, :half] += veil[:half]
        result[_CHANNEL[behind], half:] += veil[half:]
        result[_CHANNEL["fog"]] = 0
    if clouds:
        result[sky] += result[_CHANNEL["clouds"]]
        result[_CHANNEL["clouds"]] = 0
    return result.clip(0, 255).astype(np.uint8)


def hidden_land(
    moods: Sequence[Mapping[str, str]], captions: Sequence[Sequence[str]]
) -> np.ndarray:
    """bool [N, captions, 3]: it is winter, foggy, cloudy, and the caption speaks of it."""
    rows = []
    for mood, texts in zip(moods, captions, strict=True):
        weather = mood["weather"]
        hides = (
            (mood["season"] == "winter", SNOW_WORDS),
            (weather == "fog", FOG_WORDS),
            (weather not in ("fog", "clear"), CLOUD_WORDS),
        )
        said = [set(words(text)) for text in texts]
        rows.append([[true and bool(speak & one) for true, speak in hides] for one in said])
    return np.asarray(rows, bool)


def coarse_maps(labels: Tensor, factor: int) -> Tensor:
    """uint8 ids [B, H, W] -> float32 shares [B, 21, H/f, W/f] that sum to one in every cell."""
    table = torch.from_numpy(channel_of_label()).to(labels.device)
    channels = table[labels.long()]
    shares = [
        F.avg_pool2d((channels == channel).float()[:, None], factor)
        for channel in range(len(LABELS) + 1)
    ]
    return torch.cat(shares, 1)


@torch.inference_mode()
def cache_latents(shop: Workshop) -> None:
    """Encode every rendered world and its mirror image, pool the maps, tokenise the captions."""
    data, network = shop.data(), load_first_stage(shop)
    config = build(FirstStageConfig, shop.read_config()["first_stage"], "first_stage")
    directory = shop.stage("latents")
    directory.mkdir(parents=True, exist_ok=True)
    side = shop.recipe.data.size // network.config.factor
    count, versions = len(data), data.labels.shape[1]
    latents = np.lib.format.open_memmap(
        directory / "latents.npy",
        "w+",
        np.float16,
        (count, 2, config.autoencoder.embed_dim, side, side),
    )
    maps = np.lib.format.open_memmap(
        directory / "maps.npy", "w+", np.uint8, (count, versions, len(LABELS) + 1, side, side)
    )
    for chunk in tqdm(np.array_split(np.arange(count), max(1, count // 16)), desc="latents"):
        images = as_images(data.pictures[data.rows[chunk]], shop.device)
        images = images.contiguous(memory_format=torch.channels_last)
        for mirrored in (0, 1):
            z = network.encode(images.flip(-1) if mirrored else images).mode()
            latents[chunk, mirrored] = normalised(z, config).half().cpu().numpy()
        labels = torch.from_numpy(data.labels[data.rows[chunk]]).to(shop.device)
        shares = coarse_maps(labels.flatten(0, 1), network.config.factor)
        maps[chunk] = (
            (shares * 255).round().byte().view(len(chunk), versions, *shares.shape[1:]).cpu()
        )
    tokenizer = build_tokenizer(sorted(VOCABULARY), shop.recipe.diffusion.text["max_length"])
    tokenizer.save(str(shop.model / "tokenizer.json"))
    ids = [[encoding.ids for encoding in tokenizer.encode_batch(texts)] for texts in data.captions]
    np.save(directory / "hidden.npy", hidden_land(data.moods, data.captions))
    np.save(directory / "tokens.npy", np.asarray(ids, np.int16))
