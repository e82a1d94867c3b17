"""How the page of models says things."""

from PySide6.QtCore import QCoreApplication

from studio.app.models.hub import shown_size
from studio.app.models.register import Installed, Origin
from studio.app.translation import QT_TRANSLATE_NOOP, translated
from studio.contract.catalog import Capability
from studio.contract.model_card import CardKind, ModelCard
from studio.engine.parts import LORA_TITLE

_CONTEXT = "Models"

_FAMILIES = {
    "landscape": QT_TRANSLATE_NOOP("Models", "Landscapes, trained by the studio"),
    "stable_diffusion": QT_TRANSLATE_NOOP("Models", "Stable Diffusion, text to image"),
    "stable_inpainting": QT_TRANSLATE_NOOP("Models", "Stable Diffusion, inpainting"),
    "stable_depth": QT_TRANSLATE_NOOP("Models", "Stable Diffusion, depth"),
    "upscaler_x4": QT_TRANSLATE_NOOP("Models", "Stable Diffusion, upscaler"),
    "text_to_image": QT_TRANSLATE_NOOP("Models", "Latent diffusion, text to image"),
    "class_conditional": QT_TRANSLATE_NOOP("Models", "Latent diffusion, classes"),
    "semantic_synthesis": QT_TRANSLATE_NOOP("Models", "Latent diffusion, label maps"),
    "super_resolution": QT_TRANSLATE_NOOP("Models", "Latent diffusion, upscaler"),
    "inpainting": QT_TRANSLATE_NOOP("Models", "Latent diffusion, inpainting"),
    "layout_to_image": QT_TRANSLATE_NOOP("Models", "Latent diffusion, layouts"),
    "unconditional": QT_TRANSLATE_NOOP("Models", "Latent diffusion, unconditional"),
    "upscaler": QT_TRANSLATE_NOOP("Models", "Makes pictures larger, in the Upscale panel"),
    "first_stage": QT_TRANSLATE_NOOP("Models", "First stage"),
    "part": QT_TRANSLATE_NOOP("Models", "Part of a model"),
}

ABILITIES: tuple[tuple[Capability, str], ...] = (
    (Capability.TEXT, QT_TRANSLATE_NOOP("Models", "Follows a prompt")),
    (Capability.NEGATIVE, QT_TRANSLATE_NOOP("Models", "Keeps out what a negative prompt names")),
    (Capability.MAP, QT_TRANSLATE_NOOP("Models", "Paints from a label map")),
    (Capability.CLASS, QT_TRANSLATE_NOOP("Models", "Makes pictures of a class")),
    (Capability.BOXES, QT_TRANSLATE_NOOP("Models", "Follows boxes of objects")),
    (Capability.SOURCE, QT_TRANSLATE_NOOP("Models", "Changes a picture (image to image)")),
    (Capability.MASK, QT_TRANSLATE_NOOP("Models", "Repaints a part of a picture")),
    (Capability.DEPTH, QT_TRANSLATE_NOOP("Models", "Paints after a depth picture")),
    (Capability.LORA, QT_TRANSLATE_NOOP("Models", "Takes LoRA files")),
    (Capability.ENLARGE, QT_TRANSLATE_NOOP("Models", "Makes a picture four times larger")),
    (Capability.UPSCALE, QT_TRANSLATE_NOOP("Models", "Makes pictures of any size larger")),
    (Capability.CHARACTER, QT_TRANSLATE_NOOP("Models", "Faithful or Vivid, and repairs marks")),
)

_PARTS = {
    LORA_TITLE: QT_TRANSLATE_NOOP("Models", "Chosen in the Prompt and Paint panels, under LoRA"),
    "ControlNet": QT_TRANSLATE_NOOP(
        "Models",
        "One for segmentation lets the Stable Diffusion models around it follow a painted map",
    ),
}
"""What files are for that belong to a model, by their cards' titles."""

_ORIGINS = {
    Origin.BUNDLED: QT_TRANSLATE_NOOP("Models", "Comes with the studio"),
    Origin.DOWNLOADED: QT_TRANSLATE_NOOP("Models", "Downloaded by the studio"),
    Origin.FILE: QT_TRANSLATE_NOOP("Models", "Your file"),
    Origin.FOLDER: QT_TRANSLATE_NOOP("Models", "In your folder"),
}


def tr(text: str) -> str:
    """A text of this page in the person's language."""
    return QCoreApplication.translate(_CONTEXT, text)


def family_title(card: ModelCard) -> str:
    """What a family is called."""
    return translated(_CONTEXT, _FAMILIES.get(card.family, card.family.replace("_", " ")))


def origin_title(origin: Origin) -> str:
    """Where a model comes from."""
    return translated(_CONTEXT, _ORIGINS[origin])


def abilities(card: ModelCard) -> list[str]:
    """What it can do, in the order of the table, or what it is for."""
    told = []
    if card.kind is CardKind.PART and card.title in _PARTS:
        told.append(translated(_CONTEXT, _PARTS[card.title]))
    for capability, text in ABILITIES:
        if card.can(capability):
            shown = translated(_CONTEXT, text)
            if capability is Capability.CLASS and card.classes:
                shown += f" ({card.classes})"
            if capability is Capability.MAP and card.labels:
                shown += f" ({card.labels})"
            told.append(shown)
    return told


def shown_name(model: Installed) -> str:
    """What a model is called: a bundled one by its title, the person's own as the person does."""
    return model.card.title if model.origin is Origin.BUNDLED and model.card else model.name


def caption(model: Installed) -> str:
    """One quiet line about a model."""
    card = model.card
    if card is None:
        return tr("Being looked at…")
    if card.kind is CardKind.BROKEN:
        return tr("Cannot be used")
    told = card.title not in (shown_name(model), model.path.stem)
    parts = [card.title if told else family_title(card)]
    parts.append(shown_size(card.nbytes))
    if model.asks:
        parts.append(tr("eps or v?"))
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time that is left, roughly."""
    if seconds < 90:
        return tr("%s s left") % max(1, round(seconds))
    if seconds < 5400:
        return tr("%s min left") % round(seconds / 60)
    return tr("%s h left") % f"{seconds / 3600:.1f}"
