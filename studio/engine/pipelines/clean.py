"""What a step of diffusers' schedulers says of the clean latent, as far as it says it."""

from typing import Any

import torch
from torch import Tensor


def clean_latent(scheduler: Any, output: Any, sample: Any, stepped: Any) -> Tensor | None:
    """x_0 from the step's own result, from what the scheduler keeps of it, or from the velocity of
    a straight path; None where none of these tells it.
    """
    told = getattr(stepped, "pred_original_sample", None)
    if told is None and isinstance(stepped, tuple) and len(stepped) > 1:
        told = stepped[1]
    if _fits(told, sample):
        return told
    if "FlowMatch" in type(scheduler).__name__:
        index = getattr(scheduler, "step_index", None)
        if index is None or not _fits(output, sample):
            return None
        sigma = scheduler.sigmas[index - 1]  # the step has counted on already
        return sample - sigma.to(sample.device) * output
    kept = getattr(scheduler, "model_outputs", None)  # DPM-Solver++ and UniPC keep x_0
    predicts = str(getattr(scheduler.config, "algorithm_type", "")).endswith("++") or bool(
        getattr(scheduler.config, "predict_x0", False)
    )
    return kept[-1] if kept and predicts and _fits(kept[-1], sample) else None


def _fits(told: Any, sample: Any) -> bool:
    return isinstance(told, torch.Tensor) and told.shape == sample.shape
