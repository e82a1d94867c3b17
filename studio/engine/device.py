"""Where the networks run and in what precision."""

import math
import os
import re
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.engine.model_error import ModelError

_WORTH = 1.3
"""bf16 has to be this many times faster than fp32 to be chosen."""

_OUT_OF_MEMORY = ("out of memory", "can't allocate", "not enough memory", "DefaultCPUAllocator")


@dataclass(frozen=True, kw_only=True)
class Device:
    """``dtype`` is the denoiser's; first stages and text encoders always run in float32."""

    device: torch.device
    dtype: torch.dtype

    @property
    def title(self) -> str:
        """For the status bar, such as "CPU, 2 threads" or the GPU's name."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        if self.device.type == "cpu":
            threads = torch.get_num_threads()
            return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
        return self.device.type.upper()


def choose(name: str | None = None) -> Device:
    """The named device ("cpu", "cuda", "cuda:1", "mps"), or the best one there is.

    Raises ModelError when the named one is not there.
    """
    device = torch.device(_best()) if name is None else _named(name)
    return Device(device=device, dtype=_dtype(device))


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _named(name: str) -> torch.device:
    there = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.cuda.is_available():
        there.append("cuda")
    if torch.backends.mps.is_available():
        there.append("mps")
    if name not in there:
        raise ModelError(
            f"This computer has no device “{name}”.", f"Choose one of: {', '.join(there)}."
        )
    return torch.device(name)


def _dtype(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if device.type == "cpu" and bf16_pays() else torch.float32


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of Python or torch says that there is no memory left."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(part in str(error) for part in _OUT_OF_MEMORY)


@cache
def bf16_pays() -> bool:
    """Whether this CPU convolves in bf16 both correctly and clearly faster than in fp32.

    On some processors bf16 is emulated and ten times slower, on others plainly wrong. Where the
    processor's instructions tell, the clock is not asked: beside other work it may answer
    otherwise the next time, and a seed would give other pixels.
    """
    told = _has_bf16_instructions()
    if told is False:
        return False
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 64, 32, 32, generator=generator)
    weight = torch.randn(64, 64, 3, 3, generator=generator) / math.sqrt(64 * 9)
    x, weight = (part.contiguous(memory_format=torch.channels_last) for part in (x, weight))
    try:
        exact, fp32 = _timed(x, weight)
        rough, bf16 = _timed(x.bfloat16(), weight.bfloat16())
    except RuntimeError:  # no kernel for this processor
        return False
    error = (rough.float() - exact).norm() / exact.norm()
    return bool(error < 0.02) and (told is True or bf16 * _WORTH < fp32)


def _has_bf16_instructions() -> bool | None:
    """Whether an x86 processor multiplies in bf16; None where Linux does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return None if flags is None else bool({"avx512_bf16", "amx_bf16"} & set(flags[1].split()))


@torch.inference_mode()
def _timed(x: Tensor, weight: Tensor) -> tuple[Tensor, float]:
    best = math.inf
    for _ in range(5):
        begin = time.perf_counter()
        y = F.conv2d(x, weight, padding=1)
        best = min(best, time.perf_counter() - begin)
    return y, best


def use_threads(count: int | None = None) -> int:
    """Let torch use ``count`` threads, or as many as the cores this process may really use.

    A container's share can be smaller than the machine, and threads that wait for each other's
    cores are slower than fewer threads. Returns the number.
    """
    threads = count or min(torch.get_num_threads(), _cores())
    torch.set_num_threads(threads)
    return threads


def _cores() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no such file, or "max": no limit
        pass
    return max(cores, 1)
