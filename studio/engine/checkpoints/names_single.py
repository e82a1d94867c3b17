"""A single file's tensors, sorted into the networks they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

UNET, FIRST_STAGE, CONDITION, EMA = (
    "model.diffusion_model.",
    "first_stage_model.",
    "cond_stage_model.",
    "model_ema.",
)
_ENOUGH_EMA = 100
"""Fewer names than this under ``model_ema.`` are leftovers of the counters."""

_BUFFERS = {"betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
            "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod",
            "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
            "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
            "lvlb_weights", "logvar", "scale_factor"}  # fmt: skip
_BESIDE = ("low_scale_model.", "depth_model.")
"""The x4 upscaler's noise schedule, and the network that guesses depth from photographs (MiDaS)."""
_UNUSED_CONDITION = ("position_ids", "logit_scale", "text_projection", "attn_mask")


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The networks' tensors without their prefixes; ``ema`` tells whether the U-Net's are the
    averaged ones. ``scale_factor`` is the file's own, where it has one. ``ignored`` are known names
    that no network needs, ``unexpected`` are unknown ones; both as in the file.
    """

    unet: dict[str, Tensor]
    first_stage: dict[str, Tensor]
    condition: dict[str, Tensor]
    ema: bool
    scale_factor: float | None
    ignored: tuple[str, ...]
    unexpected: tuple[str, ...]


def sorted_out(tensors: Mapping[str, Tensor]) -> Parts:
    """Sort a single file of the published layout, or a first stage's own file without prefixes."""
    if not any(name.startswith((UNET, FIRST_STAGE)) for name in tensors):
        return _first_stage_alone(tensors)
    plain = _under(UNET, tensors)
    averaged = _averaged(plain, tensors)
    ignored: list[str] = []
    unexpected: list[str] = []
    for name in tensors:
        if name.startswith(EMA) or name in _BUFFERS:
            ignored.append(name)
        elif not name.startswith((UNET, FIRST_STAGE, CONDITION)):
            (ignored if name.startswith(_BESIDE) else unexpected).append(name)
    first_stage = _under(FIRST_STAGE, tensors)
    condition = {_nested(name): t for name, t in _under(CONDITION, tensors).items()}
    lost = {name for name in first_stage if name.startswith("loss.")}
    # inpainting's conditioner is the first stage itself, saved a second time
    spare = {
        name
        for name in condition
        if name in first_stage or name.startswith("loss.") or _is_unused(name)
    }
    ignored += [FIRST_STAGE + name for name in lost] + [CONDITION + name for name in spare]
    scale = tensors.get("scale_factor")
    if scale is not None and (scale.is_meta or scale.numel() != 1):
        scale = None
    return Parts(
        unet=averaged or plain,
        first_stage={n: t for n, t in first_stage.items() if n not in lost},
        condition={n: t for n, t in condition.items() if n not in spare},
        ema=bool(averaged),
        scale_factor=float(scale) if scale is not None else None,
        ignored=tuple(ignored),
        unexpected=tuple(unexpected),
    )


def _first_stage_alone(tensors: Mapping[str, Tensor]) -> Parts:
    kept = ("encoder.", "decoder.", "quant_conv.", "post_quant_conv.", "quantize.")
    return Parts(
        unet={},
        first_stage={name: t for name, t in tensors.items() if name.startswith(kept)},
        condition={},
        ema=False,
        scale_factor=None,
        ignored=tuple(name for name in tensors if name.startswith(("loss.", EMA))),
        unexpected=tuple(name for name in tensors if not name.startswith((*kept, "loss.", EMA))),
    )


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _averaged(plain: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The U-Net's moving averages, whose names have lost their dots; empty when not all there."""
    if sum(name.startswith(EMA) for name in tensors) <= _ENOUGH_EMA:
        return {}
    names = {name: EMA + ("diffusion_model." + name).replace(".", "") for name in plain}
    if not all(name in tensors for name in names.values()):
        return {}
    return {name: tensors[ema] for name, ema in names.items()}


def _nested(name: str) -> str:
    """CLIP's tower as it is published; some merged files leave out one step of the path."""
    rest = name.removeprefix("transformer.")
    if name != rest and rest.startswith(("embeddings.", "encoder.", "final_layer_norm.")):
        return f"transformer.text_model.{rest}"
    return name


def _is_unused(name: str) -> bool:
    return name.endswith(_UNUSED_CONDITION) or "to_logits." in name
