"""A request made complete: the model's defaults, sizes it can make, and what it has no use for."""

from dataclasses import replace

from studio.contract.catalog import ENLARGEMENT, SOURCE_STRENGTH, Capability
from studio.contract.geometry import LARGEST_SIDE, Size
from studio.contract.request import GenerateRequest
from studio.engine.model import ModelFacts
from studio.engine.model_error import ModelError
from studio.engine.source import fitted_request, is_blank

_SEES_SOURCE = {Capability.SOURCE, Capability.ENLARGE, Capability.MASK}


def resolved(
    request: GenerateRequest, config: ModelFacts
) -> tuple[GenerateRequest, tuple[str, ...]]:
    """The request with the model's defaults and a size it can make, and what the person should
    know of the change.
    """
    request, notices = _usable(request, config.uses)
    if Capability.ENLARGE in config.uses:
        request = replace(request, size=_enlarged(request))
    else:
        size = request.size.fitted(config.size_multiple)
        if size != request.size:
            notices.append(
                f"The size is {size} instead of {request.size}: "
                f"this model makes multiples of {config.size_multiple}, at least 64."
            )
        request, cut = fitted_request(replace(request, size=size))
        notices += cut
    defaults = config.defaults
    full = replace(
        request,
        steps=defaults.steps if request.steps is None else request.steps,
        guidance=defaults.guidance if request.guidance is None else request.guidance,
        sampler=request.sampler or defaults.sampler,
        spacing=request.spacing or defaults.spacing,
        strength=_strength(request, config.uses),
    )
    return full, tuple(notices)


def _usable(
    request: GenerateRequest, uses: tuple[Capability, ...]
) -> tuple[GenerateRequest, list[str]]:
    """The request without what the model has no use for, and sentences of it."""
    notices = []
    if request.class_id is not None and Capability.CLASS not in uses:
        notices.append("This model has no classes: the class has no effect.")
        request = replace(request, class_id=None)
    if request.boxes and Capability.BOXES not in uses:
        notices.append("This model takes no boxes: they have no effect.")
        request = replace(request, boxes=())
    if request.noise_level is not None and Capability.NOISE_LEVEL not in uses:
        notices.append("This model takes no noise level: it has no effect.")
        request = replace(request, noise_level=None)
    if request.depth is not None and Capability.DEPTH not in uses:
        notices.append("This model takes no depth picture: it has no effect.")
        request = replace(request, depth=None)
    if request.depth is None and Capability.DEPTH in uses:
        raise ModelError(
            "This model paints after a depth picture, and there is none.",
            "Give it one in which near is bright; the studio makes none from a photograph.",
        )
    if request.source is not None and not _SEES_SOURCE & set(uses):
        notices.append("This model takes no source picture: it has no effect.")
        request = replace(request, source=None, mask=None, strength=None)
    if request.mask is not None and Capability.MASK not in uses:
        notices.append("This model takes no mask: it has no effect.")
        request = replace(request, mask=None)
    if request.mask is not None and is_blank(request.mask):
        raise ModelError(
            "The mask is black everywhere: nothing would be repainted.",
            "Paint white where the picture shall change.",
        )
    return request, notices


def _enlarged(request: GenerateRequest) -> Size:
    if request.source is None:
        raise ModelError(
            "This model enlarges pictures, and there is none.", "Choose a picture to enlarge."
        )
    height, width = request.source.shape[:2]
    if max(width, height) * ENLARGEMENT > LARGEST_SIDE:
        raise ModelError(
            f"A picture of {width}x{height} is too large to be made {ENLARGEMENT} times as large.",
            f"Choose one whose sides are at most {LARGEST_SIDE // ENLARGEMENT}.",
        )
    return Size(width * ENLARGEMENT, height * ENLARGEMENT)


def _strength(request: GenerateRequest, uses: tuple[Capability, ...]) -> float | None:
    """None where there is no source to keep anything of."""
    if request.source is None or Capability.SOURCE not in uses:
        return None
    default = SOURCE_STRENGTH if request.mask is None else 1.0
    return default if request.strength is None else request.strength
