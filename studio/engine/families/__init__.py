"""Model families: how weights become a model, one file each."""

from studio.engine.families.class_conditional import ClassConditional
from studio.engine.families.inpainting import Inpainting
from studio.engine.families.landscape import Landscape
from studio.engine.families.layout_to_image import LayoutToImage
from studio.engine.families.published import PublishedModel
from studio.engine.families.semantic_synthesis import SemanticSynthesis
from studio.engine.families.stable_depth import StableDepth
from studio.engine.families.stable_inpainting import StableInpainting
from studio.engine.families.super_resolution import StableUpscaler, SuperResolution
from studio.engine.families.text_to_image import StableDiffusion, TextToImage
from studio.engine.families.unconditional import Unconditional

FAMILIES = {"landscape": Landscape}
"""Of the studio's own model folders."""

PUBLISHED_FAMILIES: dict[str, type[PublishedModel]] = {
    "stable_diffusion": StableDiffusion,
    "stable_inpainting": StableInpainting,
    "stable_depth": StableDepth,
    "text_to_image": TextToImage,
    "class_conditional": ClassConditional,
    "semantic_synthesis": SemanticSynthesis,
    "unconditional": Unconditional,
    "inpainting": Inpainting,
    "super_resolution": SuperResolution,
    "upscaler_x4": StableUpscaler,
    "layout_to_image": LayoutToImage,
}
"""Of the files that others have published."""
