"""What the published models have in common with no other, and what no tensor tells of them."""

from dataclasses import dataclass, field

from studio.engine.nets.unet import UNetConfig

_OPENRAIL = "CreativeML OpenRAIL-M"
_OPENRAIL_2 = "CreativeML OpenRAIL++-M"
_UNSTATED = "as its publisher says"


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published U-Net: what tells it from the others, and its heads and training.

    ``prediction`` None: published with both, so that a person or a configuration must say which.
    """

    title: str
    width: int
    mults: tuple[int, ...]
    channels: tuple[int, int]
    context: int | None
    heads: dict[str, int]
    betas: tuple[float, float]
    scale_factor: float = 1.0
    prediction: str | None = "eps"
    schedule: str = "scaled_linear"
    licence: str = field(default=_UNSTATED)

    def is_of(self, unet: UNetConfig) -> bool:
        """Whether the U-Net, whatever its heads, has this model's shape."""
        return (
            self.width == unet.model_channels
            and self.mults == unet.channel_mult
            and self.channels == (unet.in_channels, unet.out_channels)
            and self.context == unet.context_dim
        )


def _stable(title: str, channels: int, context: int, prediction: str | None = "eps") -> Published:
    first = context == 768
    return Published(
        title=title,
        width=320,
        mults=(1, 2, 4, 4),
        channels=(channels, 4),
        context=context,
        heads={"num_heads": 8} if first else {"num_head_channels": 64},
        betas=(0.00085, 0.012),
        scale_factor=0.18215,
        prediction=prediction,
        licence=_OPENRAIL if first else _OPENRAIL_2,
    )


_NARROW = {"num_head_channels": 32}

PUBLISHED: tuple[Published, ...] = (
    _stable("Stable Diffusion 1", 4, 768),
    _stable("Stable Diffusion 1 inpainting", 9, 768),
    _stable("Stable Diffusion 2", 4, 1024, None),
    _stable("Stable Diffusion 2 inpainting", 9, 1024),
    _stable("Stable Diffusion 2 depth", 5, 1024),
    Published(
        title="Stable Diffusion x4 upscaler", width=256, mults=(1, 2, 2, 4), channels=(7, 4),
        context=1024, heads={"num_heads": 8}, betas=(1e-4, 0.02), scale_factor=0.08333,
        prediction="v", licence=_OPENRAIL_2,
    ),
    Published(
        title="txt2img-large", width=320, mults=(1, 2, 4, 4), channels=(4, 4), context=1280,
        heads={"num_heads": 8}, betas=(0.00085, 0.012), scale_factor=0.18215,
    ),
    Published(
        title="text2img256", width=192, mults=(1, 2, 3, 5), channels=(3, 3), context=640,
        heads=_NARROW, betas=(0.0015, 0.0195),
    ),
    Published(
        title="cin256-v2", width=192, mults=(1, 2, 3, 5), channels=(3, 3), context=512,
        heads={"num_heads": 1}, betas=(0.0015, 0.0195),
    ),
    Published(
        title="cin256", width=256, mults=(1, 2, 4), channels=(4, 4), context=512,
        heads=_NARROW, betas=(0.0015, 0.0195),
    ),
    Published(
        title="semantic_synthesis", width=128, mults=(1, 4, 8), channels=(6, 3), context=None,
        heads={"num_heads": 8}, betas=(0.0015, 0.0205),
    ),
    Published(
        title="bsr_sr", width=160, mults=(1, 2, 2, 4), channels=(6, 3), context=None,
        heads=_NARROW, betas=(0.0015, 0.0155),
    ),
    Published(
        title="inpainting_big", width=256, mults=(1, 2, 3, 4), channels=(7, 3), context=None,
        heads={"num_heads": 8}, betas=(0.0015, 0.0205),
    ),
    Published(
        title="layout2img-openimages256", width=128, mults=(1, 2, 3, 4), channels=(3, 3),
        context=512, heads=_NARROW, betas=(0.0015, 0.0205),
    ),
    Published(
        title="celeba256, ffhq256 or lsun_beds256", width=224, mults=(1, 2, 3, 4),
        channels=(3, 3), context=None, heads=_NARROW, betas=(0.0015, 0.0195),
    ),
    Published(
        title="lsun_churches256", width=192, mults=(1, 2, 2, 4, 4), channels=(4, 4),
        context=None, heads={"num_heads": 8}, betas=(0.0015, 0.0155),
    ),
)  # fmt: skip
