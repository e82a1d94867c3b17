"""What the families of published models share: loading, previews, and their description."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from studio.contract.catalog import Capability
from studio.contract.geometry import Size
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.contents import Contents
from studio.engine.checkpoints.description import Description
from studio.engine.checkpoints.source import check_whole
from studio.engine.denoiser import Condition
from studio.engine.device import Device
from studio.engine.families.filling import fill_network
from studio.engine.families.latent_diffusion import LatentDiffusion
from studio.engine.families.linear_preview import linear_preview, project
from studio.engine.model import Conditioned
from studio.engine.model_config import Defaults, DenoiserConfig, FirstStageConfig, ScheduleConfig
from studio.engine.nets.unet import Control
from studio.engine.parts import Parts
from studio.engine.pixels import to_pixels


@dataclass(frozen=True, kw_only=True)
class PublishedConfig:
    """What a published model is, in the terms of the studio's own models. ``low_scale`` is how an
    upscaler adds noise to the picture it enlarges.
    """

    family: str
    name: str
    licence: str
    capabilities: tuple[Capability, ...]
    denoiser: DenoiserConfig
    first_stage: FirstStageConfig
    defaults: Defaults
    size_multiple: int
    low_scale: ScheduleConfig | None = None

    @property
    def prediction(self) -> str:
        """What the denoiser's output means."""
        return self.denoiser.prediction

    @property
    def uses(self) -> tuple[Capability, ...]:
        """What of a request has an effect."""
        return self.capabilities


@dataclass(frozen=True, kw_only=True, eq=False)
class PublishedModel(LatentDiffusion, ABC):
    """A published model; each family says what steers it: ``capabilities``, of which it cannot go
    without ``needs``. ``parts`` are where files that go with it may lie.
    """

    capabilities: ClassVar[tuple[Capability, ...]] = ()
    needs: ClassVar[tuple[Capability, ...]] = ()
    defaults: ClassVar[Defaults]

    config: PublishedConfig
    conditioner: nn.Module | None
    tokenizers: tuple[Path, ...]
    parts: Parts
    precision: Device

    @classmethod
    def load(
        cls, contents: Contents, prediction: str, device: Device, parts: Parts
    ) -> Generator[float, None, Self]:
        """Yields the loaded fraction; CheckpointError when tensors are missing or damaged."""
        for key, network in contents.networks.items():
            check_whole(network.gathered, contents.path.name, TITLES[key])
        total = sum(len(network.gathered.tensors) for network in contents.networks.values())
        done = 0
        for key, network in contents.networks.items():
            fill(contents, key, device)
            done += len(network.gathered.tensors)
            yield done / total
        modules: Mapping[str, Any] = {k: net.module for k, net in contents.networks.items()}
        return cls(
            config=cls._config(contents, prediction, parts),
            unet=modules["unet"],
            first_stage=modules["first_stage"],
            conditioner=modules.get("condition"),
            tokenizers=contents.tokenizers,
            device=device.device,
            parts=parts,
            precision=device,
        )

    @classmethod
    def _config(cls, contents: Contents, prediction: str, parts: Parts) -> PublishedConfig:
        told = contents.description
        assert told.unet is not None
        assert told.schedule is not None
        latent = told.first_stage.embed_dim
        return PublishedConfig(
            family=told.family,
            name=told.title,
            licence=told.licence,
            capabilities=(*cls.capabilities_of(told), *cls.gained(told, parts)),
            denoiser=DenoiserConfig(unet=told.unet, prediction=prediction, schedule=told.schedule),
            first_stage=FirstStageConfig(
                autoencoder=told.first_stage,
                latent_mean=(0.0,) * latent,
                latent_std=(1 / told.scale_factor,) * latent,
            ),
            defaults=cls.defaults,
            size_multiple=told.first_stage.factor,
            low_scale=told.low_scale,
        )

    @classmethod
    def capabilities_of(cls, told: Description) -> tuple[Capability, ...]:
        """What one file of the family can do."""
        return cls.capabilities

    @classmethod
    def gained(cls, told: Description, parts: Parts) -> tuple[Capability, ...]:
        """What one file of the family can do beside that, with the parts that are there now."""
        return ()

    @classmethod
    def needs_of(cls, told: Description) -> tuple[Capability, ...]:
        """What one file of the family cannot go without."""
        return cls.needs

    @abstractmethod
    def conditions(self, request: GenerateRequest) -> Conditioned:
        """See Model."""

    def previews(self, x_t: Tensor, x_0: Tensor, size: Size) -> tuple[np.ndarray, np.ndarray]:
        both = torch.cat([self.cut(x_t, size), self.cut(x_0, size)])
        noisy, clean = project(both, self._preview)
        return to_pixels(noisy), to_pixels(clean)

    @cached_property
    def _preview(self) -> Tensor:
        std = torch.tensor(self.config.first_stage.latent_std, device=self.device)
        return linear_preview(self.first_stage, std)

    def network(self, x_t: Tensor, t: Tensor, condition: Condition) -> Tensor:
        return self.unet(
            x_t,
            t,
            condition.context,
            condition.y,
            concat=condition.concat,
            control=self.control(x_t, t, condition),
        )

    def control(self, x_t: Tensor, t: Tensor, condition: Condition) -> Control | None:
        """What a ControlNet adds, where the condition has a hint for one."""
        return None


PICTURES = (Capability.SOURCE, Capability.MASK)
"""What every model can that makes pictures from noise alone."""

TITLES = {"unet": "U-Net", "first_stage": "first stage", "condition": "conditioner"}


def fill(contents: Contents, key: str, device: Device) -> None:
    """Give a network its values and make it ready; CheckpointError names what is damaged.

    The U-Net computes in the device's dtype, the others in float32.
    """
    dtype = device.dtype if key == "unet" else torch.float32
    fill_network(contents.networks[key], contents.path, device, dtype)


def ignored_notices(request: GenerateRequest, *, text: bool, label_map: bool) -> list[str]:
    """Sentences about what the request has and this model cannot use."""
    notices = []
    if not text and (request.prompt or request.negative_prompt):
        notices.append("This model cannot read: the prompt has no effect.")
    if not label_map and request.label_map is not None:
        notices.append("This model takes no label map: the map has no effect.")
    return notices
