"""Stable Diffusion 1.5 at full size: what loading costs, and whether it computes as it should."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file

from tests.benchmarks.full_size import (
    reference_first_stage,
    reference_text_encoder,
    reference_unet,
    write_full_size,
)
from tests.benchmarks.table import Row, show
from tests.engine.nets.comparison import noise, relative_error
from tests.real_window import PROJECT

_LATENT = 16
_LIMIT = 1e-4


def full_size() -> Iterator[Row]:
    """Write a file of 2 GiB into a temporary folder, measure, and delete it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v1-5-random.safetensors"
        write_full_size(path)
        yield from loading(path)
        yield from parity(path)


def loading(path: Path) -> Iterator[Row]:
    """In a process of its own, so that its peak is loading's alone."""
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.load_probe", str(path)],
                          cwd=PROJECT, capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    told = json.loads(done.stdout.splitlines()[-1])
    size = path.stat().st_size
    yield Row(what="peak memory of loading SD 1.5 in fp16, of its file", value=told["peak"] / size,
              goal=1.15, unit="x", note=f"{told['peak'] / 2**20:.0f} of {size / 2**20:.0f} MiB, "
              f"{told['own'] / 2**20:.0f} MiB of the process not pages of the file")  # fmt: skip
    yield Row(what="loading SD 1.5 in fp16, the file in the cache", value=told["seconds"], goal=10,
              unit="s")  # fmt: skip


@torch.inference_mode()
def parity(path: Path) -> Iterator[Row]:
    """Largest relative errors in float32 against diffusers and transformers."""
    import studio

    tensors = load_file(path)
    model = studio.load(path, device="cpu")
    model.unet.compute_dtype = torch.float32
    x, t, context = noise(1, 4, _LATENT, _LATENT), torch.tensor([981.0]), noise(1, 77, 768, seed=2)
    ours = model.unet(x, t, context)
    yield _error("U-Net", ours, reference_unet(tensors)(x, t, context).sample)
    theirs = reference_first_stage(tensors)
    picture = noise(1, 3, 8 * _LATENT, 8 * _LATENT)
    encoded = theirs.encode(picture).latent_dist
    yield _error("encoder", model.first_stage.encode(picture).mode(), encoded.mode())
    yield _error("decoder", model.first_stage.decode(x), theirs.decode(x).sample)
    ids = torch.randint(49408, (2, 77), generator=torch.Generator().manual_seed(3))
    states = reference_text_encoder(tensors)(ids).last_hidden_state
    yield _error("text encoder", model.model.conditioner(ids), states)


def _error(what: str, ours: torch.Tensor, theirs: torch.Tensor) -> Row:
    error = relative_error(ours, theirs) / _LIMIT
    return Row(what=f"SD 1.5's {what} against the reference", value=error, goal=1,
               unit="e-4")  # fmt: skip


if __name__ == "__main__":
    show(full_size())
