"""A model's networks that LoRA files may change, and the change that was made last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from studio.engine.lora.merging import Merge, merge
from studio.engine.lora.reading import read_lora

Asked = Sequence[tuple[Path, float]]
"""Files and their weights, in the order they are asked for."""


@dataclass(eq=False)
class Changeable:
    """``networks`` is empty where there are no such files for a model.

    The last change is kept, because merging takes as long as some steps and the next picture most
    often wants the same files.
    """

    networks: Mapping[str, nn.Module]
    _kept: tuple[object, Merge] | None = field(default=None, repr=False)

    def merge(self, asked: Asked) -> Merge:
        """The change of these files, made anew when one of them is another; CheckpointError,
        OSError.
        """
        key = tuple((path, weight, *_version(path)) for path, weight in asked)
        if self._kept is None or self._kept[0] != key:
            self.forget()  # before another takes as much memory
            made = merge(self.networks, [(read_lora(path), weight) for path, weight in asked])
            self._kept = key, made
        return self._kept[1]

    def forget(self) -> None:
        """Let the last change go."""
        self._kept = None


def _version(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size
