"""The denoiser's U-Net in the layout, and with the tensor names, of published latent diffusion."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from studio.engine.nets.attention import AttentionBlock, SpatialTransformer
from studio.engine.nets.blocks import (
    Downsample,
    ResBlock,
    Upsample,
    timestep_embedding,
    zeroed,
)
from studio.engine.nets.layers import Conv2d, GroupNorm, Linear, StoredNetwork

_TUPLES = (
    "channel_mult",
    "attention_resolutions",
    "cross_attention_resolutions",
    "context_only_resolutions",
)


@dataclass(frozen=True, kw_only=True)
class UNetConfig:
    """What a U-Net is built from. ValueError when the numbers do not fit together.

    `attention_resolutions` and `cross_attention_resolutions` are downsample factors (1, 2, 4, ...).
    Exactly one of `num_heads` and `num_head_channels` decides the heads. With `context_dim`, the
    factors in `cross_attention_resolutions` (None: all that have attention) and the middle attend
    to a context; the other attention layers are plain self-attention. At the factors in
    `context_only_resolutions` the transformers attend to the context in place of themselves, too.
    With `pooled_context` the context's first token also steers every residual block, beside the
    time.
    """

    in_channels: int
    out_channels: int
    model_channels: int
    channel_mult: tuple[int, ...]
    num_res_blocks: int
    attention_resolutions: tuple[int, ...] = ()
    num_heads: int | None = None
    num_head_channels: int | None = None
    context_dim: int | None = None
    cross_attention_resolutions: tuple[int, ...] | None = None
    transformer_depth: int = 1
    context_only_resolutions: tuple[int, ...] = ()
    use_linear_in_transformer: bool = False
    resblock_updown: bool = False
    use_scale_shift_norm: bool = False
    num_classes: int | None = None
    pooled_context: bool = False
    dropout: float = 0.0
    norm_groups: int = 32

    def __post_init__(self) -> None:
        for name in _TUPLES:
            value = getattr(self, name)
            if value is not None:  # a config file holds lists
                object.__setattr__(self, name, tuple(value))
        if (self.num_heads is None) == (self.num_head_channels is None):
            raise ValueError("A U-Net needs either num_heads or num_head_channels, and not both.")
        if not self.channel_mult:
            raise ValueError("A U-Net needs at least one level in channel_mult.")
        for mult in self.channel_mult:
            channels = mult * self.model_channels
            if channels % self.norm_groups:
                raise ValueError(
                    f"{channels} channels do not divide into {self.norm_groups} norm groups."
                )
        if self.pooled_context and self.context_dim is None:
            raise ValueError("pooled_context needs a context_dim.")
        crossed = self.cross_attention_resolutions
        if crossed is not None:
            if self.context_dim is None:
                raise ValueError("cross_attention_resolutions needs a context_dim.")
            if not set(crossed) <= set(self.attention_resolutions):
                raise ValueError("cross_attention_resolutions must be among attention_resolutions.")

    @property
    def size_multiple(self) -> int:
        """Height and width of the latent must be multiples of this."""
        return 2 ** (len(self.channel_mult) - 1)

    def heads(self, channels: int) -> int:
        """The number of attention heads at a width; ValueError when it does not divide."""
        heads = self.num_heads or channels // (self.num_head_channels or channels)
        if heads < 1 or channels % heads:
            raise ValueError(f"{channels} channels do not divide into whole attention heads.")
        return heads


class Stage(nn.ModuleList):
    """One entry of the U-Net: hands the time embedding and the context to whoever takes them."""

    def forward(self, x: Tensor, emb: Tensor, context: Tensor | None) -> Tensor:
        for layer in self:
            if isinstance(layer, ResBlock):
                x = layer(x, emb)
            elif isinstance(layer, SpatialTransformer):
                x = layer(x, context)
            else:
                x = layer(x)
        return x


@dataclass(frozen=True, eq=False)
class Control:
    """What a ControlNet adds: ``skips`` [B, C, H, W] to every input block's output, in order, and
    ``middle`` to the middle's.
    """

    skips: tuple[Tensor, ...]
    middle: Tensor


class UNetEncoder(StoredNetwork):
    """The way down and the middle: what a U-Net and a ControlNet beside it have in common.

    ``skips`` are the channels of every input block's output, in order.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.model_channels
        self._emb_channels = 4 * width
        self.time_embed = nn.Sequential(
            Linear(width, self._emb_channels),
            nn.SiLU(),
            Linear(self._emb_channels, self._emb_channels),
        )
        if config.num_classes is not None:
            self.label_emb = nn.Embedding(config.num_classes, self._emb_channels)
        if config.pooled_context and config.context_dim is not None:
            self.pooled_emb = zeroed(Linear(config.context_dim, self._emb_channels))

        last = len(config.channel_mult) - 1
        first = Conv2d(config.in_channels, width, 3, padding=1)
        self.input_blocks = nn.ModuleList([Stage([first])])
        self.skips = [width]
        channels = width
        for level, mult in enumerate(config.channel_mult):
            for _ in range(config.num_res_blocks):
                layers: list[nn.Module] = [self._res_block(channels, mult * width)]
                channels = mult * width
                layers += self._attention(channels, 2**level)
                self.input_blocks.append(Stage(layers))
                self.skips.append(channels)
            if level != last:
                self.input_blocks.append(Stage([self._downsampler(channels)]))
                self.skips.append(channels)

        self.middle_block = Stage(
            [
                self._res_block(channels, channels),
                self._attention_layer(channels, cross=config.context_dim is not None),
                self._res_block(channels, channels),
            ]
        )

    def _res_block(
        self, channels: int, out_channels: int, *, up: bool = False, down: bool = False
    ) -> ResBlock:
        return ResBlock(
            channels,
            self._emb_channels,
            out_channels,
            dropout=self.config.dropout,
            use_scale_shift_norm=self.config.use_scale_shift_norm,
            up=up,
            down=down,
            norm_groups=self.config.norm_groups,
        )

    def _downsampler(self, channels: int) -> nn.Module:
        if self.config.resblock_updown:
            return self._res_block(channels, channels, down=True)
        return Downsample(channels)

    def _upsampler(self, channels: int) -> nn.Module:
        if self.config.resblock_updown:
            return self._res_block(channels, channels, up=True)
        return Upsample(channels)

    def _attention(self, channels: int, factor: int) -> list[nn.Module]:
        config = self.config
        if factor not in config.attention_resolutions:
            return []
        crossed = config.cross_attention_resolutions
        cross = config.context_dim is not None and (crossed is None or factor in crossed)
        only = factor in config.context_only_resolutions
        return [self._attention_layer(channels, cross=cross, context_only=only)]

    def _attention_layer(
        self, channels: int, *, cross: bool, context_only: bool = False
    ) -> nn.Module:
        config = self.config
        heads = config.heads(channels)
        if not cross or config.context_dim is None:
            return AttentionBlock(channels, heads, config.norm_groups)
        return SpatialTransformer(
            channels,
            config.context_dim,
            heads,
            depth=config.transformer_depth,
            use_linear=config.use_linear_in_transformer,
            context_only=context_only,
            dropout=config.dropout,
            norm_groups=config.norm_groups,
        )

    def embedding(self, t: Tensor, context: Tensor | None, y: Tensor | None) -> Tensor:
        """What every residual block is told beside its input: [B, 4 model_channels]."""
        emb = self.time_embed(timestep_embedding(t, self.config.model_channels).to(self.dtype))
        if y is not None:
            emb = emb + self.label_emb(y).to(self.dtype)
        if context is not None and self.config.pooled_context:
            emb = emb + self.pooled_emb(context[:, 0])
        return emb

    def _check(self, x: Tensor, context: Tensor | None, y: Tensor | None) -> None:
        config = self.config
        multiple = config.size_multiple
        if x.shape[1] != config.in_channels:
            raise ValueError(
                f"This U-Net takes {config.in_channels} channels and was given {x.shape[1]}: "
                "its condition to be concatenated is missing or of another kind."
            )
        if x.shape[2] % multiple or x.shape[3] % multiple:
            raise ValueError(
                f"A latent of {x.shape[3]}x{x.shape[2]} does not fit this U-Net: "
                f"width and height must be multiples of {multiple}."
            )
        if (context is None) != (config.context_dim is None):
            raise ValueError(f"This U-Net {'needs a' if context is None else 'takes no'} context.")
        if (y is None) != (config.num_classes is None):
            raise ValueError(f"This U-Net {'needs a' if y is None else 'takes no'} class.")


class UNet(UNetEncoder):
    """Predicts noise (or x_0, or v) from a noisy latent, a time and conditions.

    Conditions by concatenation are extra channels of x; by cross-attention, the context; by class
    or noise level, y; by a ControlNet, what it adds to the skips and to the middle.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__(config)
        width = config.model_channels
        channels = config.channel_mult[-1] * width
        skips = list(self.skips)
        self.output_blocks = nn.ModuleList()
        for level, mult in reversed(list(enumerate(config.channel_mult))):
            for index in range(config.num_res_blocks + 1):
                layers: list[nn.Module] = [self._res_block(channels + skips.pop(), mult * width)]
                channels = mult * width
                layers += self._attention(channels, 2**level)
                if level and index == config.num_res_blocks:
                    layers.append(self._upsampler(channels))
                self.output_blocks.append(Stage(layers))

        self.out = nn.Sequential(
            GroupNorm(config.norm_groups, channels),
            nn.SiLU(),
            zeroed(Conv2d(channels, config.out_channels, 3, padding=1)),
        )

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        context: Tensor | None = None,
        y: Tensor | None = None,
        *,
        concat: Tensor | None = None,
        control: Control | None = None,
    ) -> Tensor:
        """One prediction.

        x: [B, C, H, W], H and W multiples of `config.size_multiple`; t: [B], timesteps 0..999, may
        be fractional; context: [B, S, context_dim]; y: [B], class indices, int64; concat:
        [B, c, H, W], put behind x's channels; control: from a ControlNet given the same x, t and
        context. Returns [B, out_channels, H, W] in x's dtype.
        ValueError when a condition is missing or not expected, or the size does not fit.
        """
        if concat is not None:
            x = torch.cat([x, concat.to(x.dtype)], dim=1)
        self._check(x, context, y)
        context = None if context is None else context.to(self.dtype)
        emb = self.embedding(t, context, y)

        h = x.to(self.dtype)
        skips = []
        for stage in self.input_blocks:
            h = stage(h, emb, context)
            skips.append(h)
        h = self.middle_block(h, emb, context)
        if control is not None:
            skips = [skip + more for skip, more in zip(skips, control.skips, strict=True)]
            h = h + control.middle
        for stage in self.output_blocks:
            h = stage(torch.cat([h, skips.pop()], dim=1), emb, context)
        return self.out(h).to(x.dtype)
