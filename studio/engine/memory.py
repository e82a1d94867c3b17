"""How much memory there is, and whether a model's weights find room before they are read."""

from pathlib import Path

import psutil
import torch

from studio.engine.model_error import ModelError

_GROUP = Path("/sys/fs/cgroup")
_WORKING_SHARE = 0.5
"""Of the weights' size: what the networks' own values take while a picture of the usual size is
made.
"""


def free_memory(device: torch.device) -> int:
    """Bytes that the device can still give to this process."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = psutil.virtual_memory().available
    limited = group_memory(_GROUP)
    return free if limited is None else min(free, limited)


def group_memory(group: Path) -> int | None:
    """What the control group that this process runs in (a container's) still allows, in bytes; what
    it keeps of files counts as free. None without a limit.
    """
    for limit, used, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most = int((group / limit).read_text(encoding="ascii"))
            now = int((group / used).read_text(encoding="ascii"))
            stat = (group / limit).with_name("memory.stat").read_text(encoding="ascii")
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
        files = dict(line.split() for line in stat.splitlines() if line.count(" ") == 1)
        return max(most - now + int(files.get(cached, 0)), 0)
    return None


def check_room(name: str, size: int, weights: int, device: torch.device) -> None:
    """ModelError with the numbers when a model does not fit.

    ``size`` is the file's, ``weights`` what is kept of it, in bytes; its networks need some more to
    work in.
    """
    needed = round(weights * (1 + _WORKING_SHARE))
    free = free_memory(device)
    if needed <= free:
        return
    where = "graphics memory" if device.type == "cuda" else "memory"
    raise ModelError(
        f"{name} is too large for this computer as it is: the file has {_told(size)}, and using it "
        f"needs about {_told(needed)} of {where}, of which {_told(free)} are free.",
        "Close other programs, or choose a smaller model, such as one in half precision.",
    )


def _told(nbytes: int) -> str:
    return f"{nbytes / 2**30:.1f} GiB" if nbytes >= 2**30 else f"{nbytes / 2**20:.1f} MiB"
