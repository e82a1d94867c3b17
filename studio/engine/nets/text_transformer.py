"""Text encoders: token ids to the context that cross-attention attends to."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.engine.nets.attention import attend
from studio.engine.nets.layers import LayerNorm, Linear, StoredNetwork


@dataclass(frozen=True, kw_only=True)
class TextTransformerConfig:
    """A text transformer trained together with its denoiser; the defaults are latent diffusion's.

    The inner width of attention is heads * dim_head, whatever the width. With `pooled` the first
    state is not the first token's but a summary of all words, whatever their order.
    """

    width: int
    depth: int
    vocab_size: int = 30522
    max_length: int = 77
    heads: int = 8
    dim_head: int = 64
    pooled: bool = False


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, dim_head: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = Linear(width, heads * dim_head, bias=False)
        self.to_k = Linear(width, heads * dim_head, bias=False)
        self.to_v = Linear(width, heads * dim_head, bias=False)
        self.to_out = Linear(heads * dim_head, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.to_q, self.to_k, self.to_v)
        )
        return self.to_out(attend(q, k, v).transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        widen = nn.Sequential(Linear(width, 4 * width), nn.GELU())
        self.net = nn.Sequential(widen, nn.Identity(), Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class _Layers(nn.Module):
    def __init__(self, config: TextTransformerConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(config.depth):
            attention = _Attention(config.width, config.heads, config.dim_head)
            for branch in (attention, _FeedForward(config.width)):
                self.layers.append(nn.ModuleList([LayerNorm(config.width), branch]))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            norm, branch = layer.children()
            x = x + branch(norm(x))
        return x


class _Positions(nn.Module):
    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.emb = nn.Embedding(length, width)

    def forward(self, count: int) -> Tensor:
        return self.emb.weight[:count]


class TextTransformer(StoredNetwork):
    """A pre-norm transformer over all tokens: no causality, and padding is attended to as well."""

    def __init__(self, config: TextTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.token_emb = nn.Embedding(config.vocab_size, config.width)
        self.pos_emb = _Positions(config.max_length, config.width)
        # Words summed must differ from the start, or the denoiser never comes to heed them.
        nn.init.normal_(self.token_emb.weight, std=1.0 if config.pooled else 0.02)
        nn.init.normal_(self.pos_emb.emb.weight, std=0.02)
        self.attn_layers = _Layers(config)
        self.norm = LayerNorm(config.width)

    def forward(self, ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """ids: [B, T], int64, T at most max_length (ValueError). Returns [B, T, width].

        weights: [B, T], how much each word counts in the summary; without, all the same.
        """
        _check_length(ids, self.config.max_length)
        tokens = self.token_emb(ids).to(self.dtype)
        x = tokens + self.pos_emb(ids.shape[1]).to(self.dtype)
        states = self.norm(self.attn_layers(x))
        if not self.config.pooled:
            return states
        return torch.cat([_summary(ids, tokens, weights).to(states.dtype), states[:, 1:]], 1)


def _summary(ids: Tensor, tokens: Tensor, weights: Tensor | None) -> Tensor:
    """[B, 1, width]: the sum of the words' embeddings over the root of their number.

    Words are the tokens that are neither padding (0) nor the first (1). A plain sum can't collapse
    to one state for all texts, as a deeper summary does while the denoiser does not heed it.
    """
    words = (ids > 1).to(tokens.dtype)[..., None]
    count = words.sum(1, keepdim=True).clamp(min=1)
    if weights is not None:
        words = words * weights[..., None].to(words.dtype)
    return (tokens * words).sum(1, keepdim=True) / count.sqrt()


@dataclass(frozen=True, kw_only=True)
class ClipTextConfig:
    """CLIP's text tower; the defaults are those of ViT-L/14. `activation`: quick_gelu or gelu."""

    width: int = 768
    depth: int = 12
    heads: int = 12
    mlp_width: int = 3072
    vocab_size: int = 49408
    max_length: int = 77
    activation: str = "quick_gelu"

    def __post_init__(self) -> None:
        if self.activation not in ("quick_gelu", "gelu"):
            raise ValueError(f"activation is 'quick_gelu' or 'gelu', not {self.activation!r}.")
        if self.width % self.heads:
            raise ValueError(f"{self.width} channels do not divide into {self.heads} heads.")


class _ClipEmbeddings(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.width)
        self.position_embedding = nn.Embedding(config.max_length, config.width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.position_embedding.weight, std=0.01)

    def forward(self, ids: Tensor, dtype: torch.dtype) -> Tensor:
        positions = self.position_embedding.weight[: ids.shape[1]]
        return self.token_embedding(ids).to(dtype) + positions.to(dtype)


class _ClipAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = Linear(width, width)
        self.k_proj = Linear(width, width)
        self.v_proj = Linear(width, width)
        self.out_proj = Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        return self.out_proj(attend(q, k, v, causal=True).transpose(1, 2).flatten(2))


class _ClipMlp(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.quick = config.activation == "quick_gelu"
        self.fc1 = Linear(config.width, config.mlp_width)
        self.fc2 = Linear(config.mlp_width, config.width)

    def forward(self, x: Tensor) -> Tensor:
        h = self.fc1(x)
        return self.fc2(h * torch.sigmoid(1.702 * h) if self.quick else F.gelu(h))


class _ClipLayer(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.layer_norm1 = LayerNorm(config.width)
        self.self_attn = _ClipAttention(config.width, config.heads)
        self.layer_norm2 = LayerNorm(config.width)
        self.mlp = _ClipMlp(config)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class _ClipLayers(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_ClipLayer(config) for _ in range(config.depth))


class _ClipTextModel(nn.Module):
    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.embeddings = _ClipEmbeddings(config)
        self.encoder = _ClipLayers(config)
        self.final_layer_norm = LayerNorm(config.width)


class ClipText(StoredNetwork):
    """CLIP's causal text tower with the usual tensor names, without its pooling and projection."""

    def __init__(self, config: ClipTextConfig) -> None:
        super().__init__()
        self.config = config
        self.text_model = _ClipTextModel(config)

    def forward(self, ids: Tensor, skip_last: int = 0) -> Tensor:
        """The states after the final norm, which is applied whichever layer is the last to run.

        ids: [B, T], int64, T at most max_length; skip_last: how many of the last layers do not
        run, 0 .. depth - 1 (1 gives the penultimate layer). Returns [B, T, width]. ValueError
        when either does not fit.
        """
        _check_length(ids, self.config.max_length)
        if not 0 <= skip_last < self.config.depth:
            raise ValueError(
                f"This text encoder has {self.config.depth} layers: {skip_last} cannot be skipped."
            )
        x = self.text_model.embeddings(ids, self.dtype)
        for layer in self.text_model.encoder.layers[: self.config.depth - skip_last]:
            x = layer(x)
        return self.text_model.final_layer_norm(x)


def _check_length(ids: Tensor, max_length: int) -> None:
    if ids.shape[1] > max_length:
        raise ValueError(f"{ids.shape[1]} tokens are more than this encoder's {max_length}.")
