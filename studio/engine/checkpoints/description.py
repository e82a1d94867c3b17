"""What a published model is, once everything about it is known that can be."""

from dataclasses import dataclass

from studio.engine.checkpoints.structure import ClassConfig, ConditionConfig, LabelConfig
from studio.engine.model_config import ScheduleConfig
from studio.engine.nets.autoencoder import AutoencoderConfig
from studio.engine.nets.text_transformer import ClipTextConfig, TextTransformerConfig
from studio.engine.nets.unet import UNetConfig

FIRST_STAGE_ALONE = "first_stage"


@dataclass(frozen=True, kw_only=True)
class Description:
    """``family`` is a key of families.PUBLISHED_FAMILIES, or of a kind that is only recognised.

    ``prediction`` None: eps or v, which the files do not tell. A model latent is the first stage's
    times ``scale_factor``. ``low_scale`` is how an upscaler adds noise to the picture it enlarges.
    A first stage alone has neither ``unet`` nor ``schedule``.
    """

    title: str
    family: str
    licence: str
    first_stage: AutoencoderConfig
    scale_factor: float = 1.0
    unet: UNetConfig | None = None
    schedule: ScheduleConfig | None = None
    prediction: str | None = None
    condition: ConditionConfig | None = None
    low_scale: ScheduleConfig | None = None


def family_of(
    unet: UNetConfig, first_stage: AutoencoderConfig, condition: ConditionConfig | None
) -> str:
    """The family, by what the U-Net is given beside its latent; "unknown" for none."""
    latent = first_stage.embed_dim
    more = unet.in_channels - latent
    match condition:
        case ClipTextConfig() if unet.num_classes is not None:
            return "upscaler_x4"
        case ClipTextConfig():
            inputs = {0: "stable_diffusion", latent + 1: "stable_inpainting", 1: "stable_depth"}
            return inputs.get(more, "unknown")
        case TextTransformerConfig(vocab_size=8192):
            return "layout_to_image"
        case TextTransformerConfig() if more == 0:
            return "text_to_image"
        case ClassConfig() if more == 0:
            return "class_conditional"
        case LabelConfig() if more == condition.channels:
            return "semantic_synthesis"
        case None:
            inputs = {0: "unconditional", latent: "super_resolution", latent + 1: "inpainting"}
            return inputs.get(more, "unknown")
    return "unknown"


def first_stage_title(config: AutoencoderConfig) -> str:
    """As the paper names them: kl-f8, vq-f4-noattn, vq-f8-n256."""
    if config.n_embed is None:
        return f"kl-f{config.factor}"
    title = f"vq-f{config.factor}"
    if config.attention == "none":
        title += "-noattn"
    return f"{title}-n256" if config.n_embed == 256 else title
