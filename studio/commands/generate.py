"""``latent-studio generate``: a prompt, a map, a picture or several of them become pictures."""

import argparse
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.contract.catalog import (
    DEFAULT_MODEL,
    DEFAULT_SIZE,
    SAMPLERS,
    SOURCE_STRENGTH,
    SPACINGS,
)

if TYPE_CHECKING:
    import numpy as np

    from studio.contract.geometry import Size

_EPILOG = "The same seed and settings give the same pixels."


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "generate",
        help="make pictures from a prompt, a label map, another picture",
        description="Make pictures from a prompt, a label map, another picture, or several.",
        epilog=_EPILOG,
    )
    parser.add_argument("prompt", nargs="?", help="what the picture shows; may be left out")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.png", help="the picture to write"
    )
    parser.add_argument(
        "--map",
        type=Path,
        metavar="MAP.png",
        help="a label map: palette or grey PNG of labels, or GauGAN's or ADE20K's colours",
    )
    _add_picture_arguments(parser)
    parser.add_argument("--negative", default="", metavar="TEXT", help="what to keep out of it")
    parser.add_argument("--seed", type=int, metavar="N", help="0 to 4294967295; else drawn")
    add_model_arguments(parser)
    parser.add_argument("--guidance", type=float, metavar="G", help="how closely to follow; 1: not")
    parser.add_argument(
        "--sampler",
        metavar="NAME",
        help=f"{', '.join(row.key for row in SAMPLERS)}; else the model's own",
    )
    parser.add_argument(
        "--spacing",
        metavar="NAME",
        help=f"how the steps are spread: {', '.join(row.key for row in SPACINGS)}",
    )
    parser.add_argument(
        "--eta", type=float, default=0.0, metavar="ETA", help="DDIM's noise, 0 (none) to 1"
    )
    parser.add_argument(
        "--class", dest="class_name", metavar="N|NAME", help="of a class-conditional model"
    )
    parser.add_argument(
        "--box",
        dest="boxes",
        action="append",
        default=[],
        metavar="KIND:LEFT,TOP,RIGHT,BOTTOM",
        help="an object of a layout model, such as person:0.1,0.2,0.5,0.9: its kind by name or "
        "number, its sides in 0..1; may be given several times",
    )
    parser.add_argument(
        "--size",
        metavar="WxH",
        help=f"in pixels; else the map's, picture's or depth picture's own, or {DEFAULT_SIZE}",
    )
    parser.add_argument(
        "--count", type=int, default=1, metavar="N", help="how many, written as OUT-1.png, ..."
    )
    parser.add_argument(
        "--frames", type=Path, metavar="DIR", help="write x_t and x_0 of every step there, too"
    )
    parser.set_defaults(run=run)


def _add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--init",
        type=Path,
        metavar="IMAGE",
        help="the picture to start from, to repaint a part of, or to enlarge",
    )
    parser.add_argument(
        "--strength",
        type=float,
        metavar="S",
        help=f"how much of --init is let go, 0 to 1; else {SOURCE_STRENGTH}, with --mask 1",
    )
    parser.add_argument(
        "--mask", type=Path, metavar="IMAGE", help="of --init's size; white is repainted"
    )
    parser.add_argument(
        "--lora",
        dest="loras",
        action="append",
        default=[],
        metavar="NAME[:WEIGHT]",
        help="a LoRA file by name or path; may be given several times",
    )
    parser.add_argument(
        "--map-strength",
        type=float,
        default=1.0,
        metavar="S",
        help="how firmly a ControlNet holds to --map: 0 to 2, else 1",
    )
    parser.add_argument(
        "--depth",
        type=Path,
        metavar="IMAGE",
        help="of a depth model: near is bright, far is dark; none is made from photographs",
    )
    parser.add_argument(
        "--noise-level",
        type=int,
        metavar="N",
        help="of the x4 upscaler: 0 to 350; more invents more",
    )


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command that paints takes."""
    parser.add_argument("--steps", type=int, metavar="N", help="else the model's own number")
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME|PATH",
        help=f"a bundled model, a model's folder or published file; else {DEFAULT_MODEL}",
    )
    parser.add_argument(
        "--prediction",
        choices=("eps", "v"),
        help="what the model predicts, for published files that do not tell",
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, mps; else the fastest")


def run(arguments: argparse.Namespace) -> int:
    """Make the pictures; CommandError where something is in the way."""
    # Imported here because `latent-studio --help` must not wait for numpy and Pillow.
    from studio.commands.error import CommandError
    from studio.commands.painting import paint
    from studio.commands.reading import read_labels
    from studio.commands.steering import (
        box_from,
        class_number,
        lora_from,
        read_depth_picture,
        read_mask,
        read_source,
    )
    from studio.contract.geometry import Size
    from studio.contract.request import MAX_SEED, GenerateRequest, Preview

    labels = None if arguments.map is None else read_labels(arguments.map)
    source = None if arguments.init is None else read_source(arguments.init)
    mask = None if arguments.mask is None else read_mask(arguments.mask)
    depth = None if arguments.depth is None else read_depth_picture(arguments.depth)
    try:
        size = Size.parse(arguments.size) if arguments.size else _own_size(labels, source, depth)
        request = GenerateRequest(
            model=arguments.model,
            prompt=arguments.prompt or "",
            negative_prompt=arguments.negative,
            label_map=labels,
            source=source,
            strength=arguments.strength,
            mask=mask,
            size=size,
            seed=secrets.randbelow(MAX_SEED + 1) if arguments.seed is None else arguments.seed,
            count=arguments.count,
            steps=arguments.steps,
            guidance=arguments.guidance,
            sampler=arguments.sampler,
            spacing=arguments.spacing,
            eta=arguments.eta,
            class_id=class_number(arguments.class_name, arguments.model),
            boxes=tuple(box_from(text) for text in arguments.boxes),
            noise_level=arguments.noise_level,
            depth=depth,
            loras=tuple(lora_from(text) for text in arguments.loras),
            map_strength=arguments.map_strength,
            preview=Preview.BOTH if arguments.frames else Preview.NONE,
        )
    except ValueError as error:
        raise CommandError(str(error)) from error
    steered = (arguments.prompt, arguments.map, arguments.init) != (None, None, None)
    if not steered and arguments.model == DEFAULT_MODEL:
        raise CommandError(
            "Say what to paint: a prompt, a label map with --map, or a picture with --init."
        )
    return paint(
        request,
        arguments.output,
        frames=arguments.frames,
        device=arguments.device,
        prediction=arguments.prediction,
    )


def _own_size(
    labels: "np.ndarray | None", source: "np.ndarray | None", depth: "np.ndarray | None"
) -> "Size":
    from studio.commands.steering import fitting_size
    from studio.contract.geometry import Size

    if labels is not None:
        return Size(labels.shape[1], labels.shape[0])
    pixels = depth if source is None else source
    return DEFAULT_SIZE if pixels is None else fitting_size(pixels)
