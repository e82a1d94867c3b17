"""LoRA files of every naming as changes by the layer's name in the file."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from studio.engine.checkpoints.error import CheckpointError
from studio.engine.checkpoints.reading import read_checkpoint
from studio.engine.lora.low_rank import LowRank
from studio.engine.weights import is_finite

_ROLES = (
    # kohya's, peft's, and diffusers' three, the oldest of which hung them on attention processors
    re.compile(r"^(?P<layer>.+)\.lora_(?P<role>down|up|mid)\.weight$"),
    re.compile(r"^(?P<layer>.+)\.lora_(?P<role>A|B)(?:\.[^.]+)?\.weight$"),
    re.compile(r"^(?P<layer>.+)\.lora(?:_linear_layer)?\.(?P<role>down|up)\.weight$"),
    re.compile(r"^(?P<layer>.+)_lora\.(?P<role>down|up)\.weight$"),
    re.compile(r"^(?P<layer>.+)\.(?P<role>alpha)$"),
)
_NAMES = {"A": "down", "B": "up"}
_OTHERS = {
    "dora_scale": "DoRA", "lora_magnitude_vector": "DoRA", "hada_w1_a": "LoHa", "lokr_w1": "LoKr",
    "oft_blocks": "OFT", "on_input": "IA3", "glora": "GLoRA",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class LoraFile:
    """``layers`` by their names in the file; ``unknown`` are its tensors of no known meaning."""

    path: Path
    layers: Mapping[str, LowRank]
    unknown: tuple[str, ...]


def read_lora(path: Path) -> LoraFile:
    """A .safetensors, or a pickle that nothing is executed of; raises CheckpointError."""
    checkpoint = read_checkpoint(path)
    parts: dict[str, dict[str, Tensor]] = {}
    unknown = []
    for name, tensor in checkpoint.tensors.items():
        _check_kind(path, name)
        if not is_finite(tensor):
            raise CheckpointError(
                f"In {path.name} the tensor {name} holds values that are not finite: "
                "the file is damaged."
            )
        matched = next((found for role in _ROLES if (found := role.match(name))), None)
        if matched is None:
            unknown.append(name)
            continue
        role = matched["role"]
        parts.setdefault(_layer(matched["layer"]), {})[_NAMES.get(role, role)] = tensor
    told = _Told.of(path, checkpoint.values)
    layers = {}
    for layer, halves in parts.items():
        if "down" not in halves or "up" not in halves:
            raise CheckpointError(f"{path.name} lacks one half of {layer}: the file is incomplete.")
        layers[layer] = LowRank(
            down=halves["down"],
            up=halves["up"],
            mid=halves.get("mid"),
            scale=told.scale(layer, len(halves["down"]), halves.get("alpha")),
        )
    if not layers:
        raise CheckpointError(
            f"{path.name} is no LoRA file: its first tensor is “{next(iter(checkpoint.tensors))}”."
        )
    return LoraFile(path=path, layers=layers, unknown=tuple(unknown))


def _layer(name: str) -> str:
    """Of diffusers' attention processors: attn1.processor.to_out is the layer attn1.to_out.0."""
    if ".processor." not in name:
        return name
    name = name.replace(".processor.", ".")
    return f"{name}.0" if name.endswith(".to_out") else name


def _check_kind(path: Path, name: str) -> None:
    kind = next((kind for sign, kind in _OTHERS.items() if sign in name), None)
    if kind is not None:
        raise CheckpointError(
            f"{path.name} is a {kind} file, which the studio cannot use; get it as a LoRA."
        )


@dataclass(frozen=True)
class _Told:
    """What peft writes beside the tensors: ``settings`` by "unet", "text_encoder" or ""."""

    settings: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, path: Path, values: Mapping[str, object]) -> "_Told":
        beside = path.with_name("adapter_config.json")
        try:
            if isinstance(text := values.get("lora_adapter_metadata"), str):
                return cls(_nested(json.loads(text)))
            if path.stem == "adapter_model" and beside.is_file():
                return cls({"": json.loads(beside.read_text(encoding="utf-8"))})
        except (OSError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"What {path.name} says of itself is damaged ({error}); get the file again."
            ) from error
        return cls({})

    def scale(self, layer: str, rank: int, alpha: Tensor | None) -> float:
        """alpha / rank, 1 where no alpha is told; peft's rslora divides by the root."""
        if alpha is not None:
            return float(alpha) / rank
        owner = next((o for o in self.settings if layer.startswith(f"{o}.")), "")
        told = self.settings.get(owner, {})
        patterns = told.get("alpha_pattern") or {}
        own = (value for name, value in patterns.items() if layer.endswith(f".{name}"))
        value = next(own, told.get("lora_alpha"))
        if value is None:
            return 1.0
        return float(value) / (math.sqrt(rank) if told.get("use_rslora") else rank)


def _nested(flat: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{"unet.r": 4} as {"unet": {"r": 4}}."""
    nested: dict[str, dict[str, Any]] = {}
    for name, value in flat.items():
        owner, _, key = name.partition(".")
        nested.setdefault(owner, {})[key] = value
    return nested
