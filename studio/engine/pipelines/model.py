"""A loaded pipeline of diffusers', and one picture of it step by step."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.contract.catalog import Capability
from studio.contract.request import GenerateRequest
from studio.engine.families.linear_preview import fitted, project
from studio.engine.model_config import Defaults
from studio.engine.model_error import ModelError
from studio.engine.pipelines.clean import clean_latent
from studio.engine.pixels import to_pixels
from studio.engine.samplers import Step

_CELLS = 8
_DENOISERS = ("unet", "transformer", "transformer_2", "prior", "decoder")


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """What is known of it; see ModelFacts."""

    name: str
    uses: tuple[Capability, ...]
    defaults: Defaults
    size_multiple: int
    family: str = "diffusers"
    prediction: str = "eps"

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        return self.uses


@dataclass(kw_only=True, eq=False)
class PipelineModel:
    """Runs as a whole and tells its steps: the sampler is the pipeline's own."""

    pipeline: Any
    config: PipelineConfig
    device: torch.device
    _preview: dict[int, Tensor | None] = field(default_factory=dict, init=False)

    def picture(
        self,
        request: GenerateRequest,
        tell: Callable[[Step], None],
        check: Callable[[], None],
    ) -> np.ndarray:
        """Make one picture of a full request, uint8 [H, W, 3].

        ``tell`` is given every step with latents [1, C, h, w]; ``check`` runs before every network
        call and may raise.
        """
        with self._watched(check) as clean:

            def step_end(
                pipeline: Any, number: int, t: Any, told: dict[str, Any]
            ) -> dict[str, Any]:
                check()
                x_t = told["latents"]
                x_0 = x_t if clean.x_0 is None else clean.x_0
                tell(Step(self._as_map(x_t, request), self._as_map(x_0, request)))
                return {}

            made = self.pipeline(**self._arguments(request, step_end))
        images = getattr(made, "images", None)
        if images is None:
            raise ModelError(
                f"{self.config.name} makes something else than pictures.", "Choose another model."
            )
        pixels = np.round(np.clip(np.asarray(images)[0], 0, 1) * 255).astype(np.uint8)
        pixels.flags.writeable = False
        return pixels

    def previews(self, x_t: Tensor, x_0: Tensor) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Small pictures of both latents, None where nothing is known of the first stage."""
        matrix = self._matrix(x_t.shape[1])
        if matrix is None:
            return None, None
        noisy, clean = project(torch.cat([x_t, x_0]), matrix)
        return to_pixels(noisy), to_pixels(clean)

    def _arguments(self, request: GenerateRequest, step_end: Any) -> dict[str, Any]:
        """Of what is asked, what this pipeline has a name for."""
        asked = {
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt or None,
            "width": request.size.width,
            "height": request.size.height,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "eta": request.eta,
            "generator": torch.Generator().manual_seed(request.seed),
            "output_type": "np",
            "callback_on_step_end": step_end,
        }
        known = inspect.signature(self.pipeline.__call__).parameters
        return {name: value for name, value in asked.items() if name in known and value is not None}

    @contextmanager
    def _watched(self, check: Callable[[], None]) -> Iterator["_Clean"]:
        """Inside, the denoiser asks before each call, and the scheduler's steps are looked at."""
        denoisers = (getattr(self.pipeline, name, None) for name in _DENOISERS)
        hooks = [
            denoiser.register_forward_pre_hook(lambda *_: check())
            for denoiser in denoisers
            if denoiser is not None
        ]
        scheduler = self.pipeline.scheduler
        clean, step = _Clean(), scheduler.step

        @functools.wraps(step)
        def watched(output: Any, t: Any, sample: Any, *more: Any, **named: Any) -> Any:
            stepped = step(output, t, sample, *more, **named)
            clean.x_0 = clean_latent(scheduler, output, sample, stepped)
            return stepped

        scheduler.step = watched
        try:
            yield clean
        finally:
            del scheduler.step  # the class's own is found again
            for hook in hooks:
                hook.remove()

    def _as_map(self, latents: Tensor, request: GenerateRequest) -> Tensor:
        """[1, C, h, w] of latents that some pipelines keep as a row of tokens."""
        unpack = getattr(self.pipeline, "_unpack_latents", None)
        if latents.dim() == 3 and unpack is not None:
            size = request.size
            latents = unpack(latents, size.height, size.width, self.pipeline.vae_scale_factor)
        return latents.detach().float()

    def _matrix(self, channels: int) -> Tensor | None:
        if channels not in self._preview:
            self._preview[channels] = self._fitted(channels)
        return self._preview[channels]

    def _fitted(self, channels: int) -> Tensor | None:
        vae = getattr(self.pipeline, "vae", None)
        told = getattr(vae, "config", {})
        if vae is None or type(vae).__name__ != "AutoencoderKL":
            return None
        if told.get("latent_channels") != channels:
            return None
        generator = torch.Generator().manual_seed(0)
        small = torch.randn(1, channels, _CELLS // 2, _CELLS // 2, generator=generator)
        x = torch.nn.functional.interpolate(small, scale_factor=2.0).to(self.device)
        z = x / told.get("scaling_factor", 1.0) + (told.get("shift_factor") or 0.0)
        return fitted(x, vae.decode(z.to(vae.dtype)).sample)


@dataclass
class _Clean:
    """The latest guess of the clean latents, in the pipeline's own shape."""

    x_0: Tensor | None = None
