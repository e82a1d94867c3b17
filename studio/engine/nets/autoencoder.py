"""First stages: between pictures and the latents that diffusion works on."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.attention import attend, project, to_map, to_tokens
from studio.engine.nets.blocks import Upsample
from studio.engine.nets.layers import Conv2d, GroupNorm, StoredNetwork
from studio.engine.nets.quantiser import Quantised, VectorQuantiser

_EPS = 1e-6


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """What a first stage is built from. ValueError when the numbers do not fit together.

    `attn_resolutions` are compared with the side of the feature map of a `resolution` x
    `resolution` picture, whatever the size of the pictures later. The middle has one attention
    layer unless `attention` is "none". With `patch` p the encoder begins by folding p x p pixels
    into channels and the decoder ends by unfolding them; 1 is the published layout. `n_embed` is
    the size of the codebook; `double_z` (KL) doubles the encoder's output to mean and log-variance.
    `decoder_res_blocks` defaults to num_res_blocks + 1. With `shortcut` a linear map of f x f
    pixels runs beside the encoder and its counterpart beside the decoder, so that the networks add
    what is not linear (residual autoencoding, arXiv:2410.10733); False is the published layout.
    With `linear_encoder` that map is the whole encoder.
    """

    z_channels: int
    embed_dim: int
    channels: int
    channel_mult: tuple[int, ...]
    num_res_blocks: int
    attn_resolutions: tuple[int, ...] = ()
    resolution: int = 256
    in_channels: int = 3
    out_channels: int = 3
    attention: str = "vanilla"
    double_z: bool = True
    n_embed: int | None = None
    norm_groups: int = 32
    patch: int = 1
    decoder_res_blocks: int | None = None
    shortcut: bool = False
    linear_encoder: bool = False

    def __post_init__(self) -> None:
        for name in ("channel_mult", "attn_resolutions"):  # a config file holds lists
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.channel_mult:
            raise ValueError("A first stage needs at least one level in channel_mult.")
        if self.attention not in ("vanilla", "none"):
            raise ValueError(f"attention is 'vanilla' or 'none', not {self.attention!r}.")
        if self.linear_encoder and not self.shortcut:
            raise ValueError("linear_encoder is what is left of an encoder with a shortcut.")
        if self.patch < 1:
            raise ValueError(f"patch must be at least 1, not {self.patch}.")
        for mult in (1, *self.channel_mult):
            channels = mult * self.channels
            if channels % self.norm_groups:
                raise ValueError(
                    f"{channels} channels do not divide into {self.norm_groups} norm groups."
                )

    @property
    def factor(self) -> int:
        """f: pixels per latent cell along each side."""
        return self.patch * 2 ** (len(self.channel_mult) - 1)

    def attends(self, level: int) -> bool:
        """Whether the blocks of a level (0 is the finest) are followed by attention."""
        side = self.resolution // (self.patch * 2**level)
        return self.attention == "vanilla" and side in self.attn_resolutions


class ResnetBlock(nn.Module):
    """The first stage's residual block, without time. [B, C, H, W] -> [B, C_out, H, W]."""

    def __init__(self, channels: int, out_channels: int, norm_groups: int) -> None:
        super().__init__()
        self.norm1 = GroupNorm(norm_groups, channels, eps=_EPS)
        self.conv1 = Conv2d(channels, out_channels, 3, padding=1)
        self.norm2 = GroupNorm(norm_groups, out_channels, eps=_EPS)
        self.conv2 = Conv2d(out_channels, out_channels, 3, padding=1)
        self.nin_shortcut: nn.Conv2d | None = None
        if channels != out_channels:
            self.nin_shortcut = Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (x if self.nin_shortcut is None else self.nin_shortcut(x)) + h


class AttnBlock(nn.Module):
    """Single-head self-attention over all places. [B, C, H, W] -> [B, C, H, W]."""

    def __init__(self, channels: int, norm_groups: int) -> None:
        super().__init__()
        self.norm = GroupNorm(norm_groups, channels, eps=_EPS)
        self.q = Conv2d(channels, channels, 1)
        self.k = Conv2d(channels, channels, 1)
        self.v = Conv2d(channels, channels, 1)
        self.proj_out = Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        tokens = to_tokens(self.norm(x))
        q, k, v = (project(tokens, layer).unsqueeze(1) for layer in (self.q, self.k, self.v))
        return x + to_map(project(attend(q, k, v).squeeze(1), self.proj_out), x)


class HalvingConv(nn.Module):
    """A 3x3 convolution of stride 2 padded only at the right and the bottom."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Level(nn.Module):
    """The blocks of one resolution, each followed by attention where there is any."""

    def __init__(
        self, channels: int, out_channels: int, blocks: int, norm_groups: int, *, attends: bool
    ) -> None:
        super().__init__()
        self.block = nn.ModuleList(
            ResnetBlock(channels if index == 0 else out_channels, out_channels, norm_groups)
            for index in range(blocks)
        )
        self.attn = nn.ModuleList(
            AttnBlock(out_channels, norm_groups) for _ in range(blocks if attends else 0)
        )
        self.downsample: HalvingConv | None = None
        self.upsample: Upsample | None = None

    def forward(self, x: Tensor) -> Tensor:
        for index, block in enumerate(self.block):
            x = block(x)
            if self.attn:
                x = self.attn[index](x)
        for resize in (self.downsample, self.upsample):
            if resize is not None:
                x = resize(x)
        return x


class Middle(nn.Module):
    """Block, attention (unless there is none), block at the coarsest resolution."""

    def __init__(self, channels: int, config: AutoencoderConfig) -> None:
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels, config.norm_groups)
        self.attn_1: AttnBlock | None = None
        if config.attention == "vanilla":
            self.attn_1 = AttnBlock(channels, config.norm_groups)
        self.block_2 = ResnetBlock(channels, channels, config.norm_groups)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block_1(x)
        if self.attn_1 is not None:
            x = self.attn_1(x)
        return self.block_2(x)


class Encoder(nn.Module):
    """Pictures [B, in_channels, H, W] -> moments [B, z_channels (x 2 if double_z), H/f, W/f]."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.patch = config.patch
        channels = config.channels
        self.conv_in = Conv2d(config.in_channels * config.patch**2, channels, 3, padding=1)
        self.down = nn.ModuleList()
        for number, mult in enumerate(config.channel_mult):
            out_channels = mult * config.channels
            level = Level(
                channels,
                out_channels,
                config.num_res_blocks,
                config.norm_groups,
                attends=config.attends(number),
            )
            if number != len(config.channel_mult) - 1:
                level.downsample = HalvingConv(out_channels)
            self.down.append(level)
            channels = out_channels
        self.mid = Middle(channels, config)
        self.norm_out = GroupNorm(config.norm_groups, channels, eps=_EPS)
        moments = config.z_channels * (2 if config.double_z else 1)
        self.conv_out = Conv2d(channels, moments, 3, padding=1)
        self.shortcut = (
            Conv2d(config.in_channels, moments, config.factor, config.factor)
            if config.shortcut
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(F.pixel_unshuffle(x, self.patch) if self.patch > 1 else x)
        for level in self.down:
            h = level(h)
        moments = self.conv_out(F.silu(self.norm_out(self.mid(h))))
        return moments if self.shortcut is None else moments + self.shortcut(x)


class LinearEncoder(nn.Module):
    """As Encoder, by the same linear map of every f x f pixels alone."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        moments = config.z_channels * (2 if config.double_z else 1)
        self.shortcut = Conv2d(config.in_channels, moments, config.factor, config.factor)

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x)


class Decoder(nn.Module):
    """Latents [B, z_channels, h, w] -> pictures [B, out_channels, h f, w f]."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.patch = config.patch
        blocks = config.decoder_res_blocks
        channels = config.channel_mult[-1] * config.channels
        self.conv_in = Conv2d(config.z_channels, channels, 3, padding=1)
        self.mid = Middle(channels, config)
        levels: list[Level] = []
        for number, mult in reversed(list(enumerate(config.channel_mult))):
            out_channels = mult * config.channels
            level = Level(
                channels,
                out_channels,
                config.num_res_blocks + 1 if blocks is None else blocks,
                config.norm_groups,
                attends=config.attends(number),
            )
            if number:
                level.upsample = Upsample(out_channels)
            levels.insert(0, level)
            channels = out_channels
        self.up = nn.ModuleList(levels)  # counted from the finest level, run from the coarsest
        self.norm_out = GroupNorm(config.norm_groups, channels, eps=_EPS)
        self.conv_out = Conv2d(channels, config.out_channels * self.patch**2, 3, padding=1)
        self.shortcut = (
            nn.ConvTranspose2d(config.z_channels, config.out_channels, config.factor, config.factor)
            if config.shortcut
            else None
        )

    def forward(self, z: Tensor) -> Tensor:
        h = self.mid(self.conv_in(z))
        for number in reversed(range(len(self.up))):
            h = self.up[number](h)
        x = self.conv_out(F.silu(self.norm_out(h)))
        x = F.pixel_shuffle(x, self.patch) if self.patch > 1 else x
        return x if self.shortcut is None else x + self.shortcut(z)


@dataclass(frozen=True)
class DiagonalGaussian:
    """The encoder's belief about a latent; mean and logvar: [B, embed_dim, h, w]."""

    mean: Tensor
    logvar: Tensor

    def mode(self) -> Tensor:
        """The most likely latent, which is the mean."""
        return self.mean

    def sample(
        self, generator: torch.Generator | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """mean + exp(logvar / 2) noise; the noise is drawn on the generator's device, or given."""
        if noise is None:
            device = self.mean.device if generator is None else generator.device
            shape, dtype = self.mean.shape, self.mean.dtype
            noise = torch.randn(shape, generator=generator, device=device, dtype=dtype)
        return self.mean + torch.exp(0.5 * self.logvar) * noise.to(self.mean)

    def kl(self) -> Tensor:
        """KL divergence from the standard normal, summed over C, h, w: [B], nats."""
        parts = self.mean.square() + self.logvar.exp() - 1 - self.logvar
        return 0.5 * parts.sum(dim=(1, 2, 3))


class _FirstStage(StoredNetwork):
    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = (LinearEncoder if config.linear_encoder else Encoder)(config)
        self.decoder = Decoder(config)

    def _check(self, x: Tensor) -> None:
        factor = self.config.factor
        if x.shape[2] % factor or x.shape[3] % factor:
            raise ValueError(
                f"A picture of {x.shape[3]}x{x.shape[2]} does not fit this first stage: "
                f"width and height must be multiples of {factor}."
            )


class KLAutoencoder(_FirstStage):
    """A first stage whose latents are kept near the standard normal by a small KL term."""

    def __init__(self, config: AutoencoderConfig) -> None:
        if not config.double_z:
            raise ValueError("A KL first stage needs double_z.")
        super().__init__(config)
        self.quant_conv = Conv2d(2 * config.z_channels, 2 * config.embed_dim, 1)
        self.post_quant_conv = Conv2d(config.embed_dim, config.z_channels, 1)

    def encode(self, x: Tensor) -> DiagonalGaussian:
        """x: [B, 3, H, W] in -1..1, H and W multiples of f (ValueError) -> [B, e, H/f, W/f]."""
        self._check(x)
        mean, logvar = self.quant_conv(self.encoder(x.to(self.dtype))).chunk(2, dim=1)
        return DiagonalGaussian(mean, logvar.clamp(-30.0, 20.0))

    def decode(self, z: Tensor) -> Tensor:
        """z: [B, e, h, w], unscaled -> [B, 3, h f, w f], nominally -1..1 but not clamped."""
        return self.decoder(self.post_quant_conv(z.to(self.dtype)))

    def forward(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, DiagonalGaussian]:
        """The reconstruction of x from a sampled latent, and the posterior it came from."""
        posterior = self.encode(x)
        return self.decode(posterior.sample(generator)), posterior


class VQAutoencoder(_FirstStage):
    """A first stage with a codebook. Diffusion works on the latents before quantisation."""

    def __init__(self, config: AutoencoderConfig) -> None:
        if config.double_z or config.n_embed is None:
            raise ValueError("A VQ first stage needs n_embed, and no double_z.")
        super().__init__(config)
        self.quantize = VectorQuantiser(config.n_embed, config.embed_dim)
        self.quant_conv = Conv2d(config.z_channels, config.embed_dim, 1)
        self.post_quant_conv = Conv2d(config.embed_dim, config.z_channels, 1)

    def encode(self, x: Tensor) -> Tensor:
        """x: [B, 3, H, W] in -1..1, H and W multiples of f (ValueError) -> [B, e, H/f, W/f]."""
        self._check(x)
        return self.quant_conv(self.encoder(x.to(self.dtype)))

    def quantise(self, z: Tensor) -> Quantised:
        """Every cell of z [B, e, h, w] replaced by its nearest codebook row."""
        return self.quantize(z)

    def decode(self, z: Tensor, *, quantise: bool = True) -> Tensor:
        """z: [B, e, h, w], quantised here unless told -> [B, 3, h f, w f], not clamped."""
        z = z.to(self.dtype)
        if quantise:
            z = self.quantise(z).latent
        return self.decoder(self.post_quant_conv(z))

    def forward(self, x: Tensor) -> tuple[Tensor, Quantised]:
        """The reconstruction of x from its quantised latent, with the quantiser's terms."""
        quantised = self.quantise(self.encode(x))
        return self.decode(quantised.latent, quantise=False), quantised


FirstStage = KLAutoencoder | VQAutoencoder


def first_stage_of(config: AutoencoderConfig) -> FirstStage:
    """A first stage with random weights: with a codebook when the config has one, else KL."""
    return KLAutoencoder(config) if config.n_embed is None else VQAutoencoder(config)
