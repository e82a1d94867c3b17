"""ControlNet: a copy of the U-Net's way down that sees a picture, too (arXiv:2302.05543)."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from studio.engine.nets.blocks import zeroed
from studio.engine.nets.layers import Conv2d
from studio.engine.nets.unet import Control, UNetConfig, UNetEncoder

HINT_WIDTHS = (16, 32, 96, 256)
"""Of the published ControlNets: the channels at each halving of the picture."""


class ControlNet(UNetEncoder):
    """For the U-Net of ``config``, whose output blocks it lacks; tensors named as published.

    The picture is 2^(len(hint_widths) - 1) times as large as the latent.
    """

    def __init__(self, config: UNetConfig, hint_widths: Sequence[int] = HINT_WIDTHS) -> None:
        super().__init__(config)
        self.factor = 2 ** (len(hint_widths) - 1)
        layers: list[nn.Module] = [Conv2d(3, hint_widths[0], 3, padding=1), nn.SiLU()]
        for width, wider in pairwise(hint_widths):
            layers += [Conv2d(width, width, 3, padding=1), nn.SiLU()]
            layers += [Conv2d(width, wider, 3, padding=1, stride=2), nn.SiLU()]
        last = Conv2d(hint_widths[-1], config.model_channels, 3, padding=1)
        self.input_hint_block = nn.Sequential(*layers, zeroed(last))
        self.zero_convs = nn.ModuleList(nn.Sequential(_silent(width)) for width in self.skips)
        middle = config.channel_mult[-1] * config.model_channels
        self.middle_block_out = nn.Sequential(_silent(middle))

    def hint(self, picture: Tensor) -> Tensor:
        """What the network sees of a picture [B, 3, H, W] in 0..1, the same at every step:
        [B, model_channels, H / factor, W / factor].
        """
        return self.input_hint_block(picture.to(self.dtype))

    def forward(
        self, x: Tensor, t: Tensor, context: Tensor | None, hint: Tensor, strength: float = 1.0
    ) -> Control:
        """What to add to the U-Net given the same x [B, C, H, W], t [B] and context [B, S, D].

        ``hint`` is of ``self.hint``; everything is multiplied by ``strength``. ValueError when a
        size does not fit.
        """
        self._check(x, context, None)
        context = None if context is None else context.to(self.dtype)
        emb = self.embedding(t, context, None)
        h = x.to(self.dtype)
        skips = []
        for number, (stage, zero) in enumerate(
            zip(self.input_blocks, self.zero_convs, strict=True)
        ):
            h = stage(h, emb, context)
            if number == 0:
                h = h + hint.to(h.dtype)
            skips.append(zero(h) * strength)
        h = self.middle_block(h, emb, context)
        return Control(tuple(skips), self.middle_block_out(h) * strength)


def _silent(channels: int) -> Conv2d:
    return zeroed(Conv2d(channels, channels, 1))
