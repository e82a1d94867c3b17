"""What these tests take from the small Stable Diffusion."""

from tests.engine.stable_diffusion import in_full_precision, model, stable

__all__ = ["in_full_precision", "model", "stable"]
