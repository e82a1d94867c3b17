"""The condition stage for classes."""

from torch import Tensor, nn


class ClassEmbedder(nn.Module):
    """One learned vector per class, as a context of one token."""

    def __init__(self, n_classes: int, embed_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_classes, embed_dim)

    def forward(self, classes: Tensor) -> Tensor:
        """classes: [B], int64, below n_classes -> [B, 1, embed_dim]."""
        return self.embedding(classes)[:, None]
