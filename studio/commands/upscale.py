"""``latent-studio upscale``: pictures become larger, a file, a hundred or a folder of them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.pictures.batch_settings import BatchSettings

_EPILOG = (
    "Reads PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF and HEIC. Nothing is overwritten unless you say "
    "so. Exit status: 0 all done, 2 something was refused (a sentence says why, the others are "
    "done), 130 interrupted; go on with --resume."
)


def add_arguments(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "upscale",
        help="make pictures larger",
        description="Make pictures larger, four times unless you say otherwise.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "sources", nargs="*", type=Path, metavar="FILE|DIR", help="pictures, and folders of them"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="where the results go"
    )
    parser.add_argument("--scale", type=float, metavar="X", help="how many times larger; else 4")
    parser.add_argument("--size", metavar="WxH", help="instead of --scale: exactly this large")
    parser.add_argument(
        "--mode",
        default="faithful",
        metavar="NAME",
        help="faithful (invents nothing) or vivid (samples plausible detail); else faithful",
    )
    parser.add_argument(
        "--strength", type=float, default=0.5, metavar="S", help="of vivid's detail, 0 to 1"
    )
    parser.add_argument(
        "--repair", type=float, default=0.0, metavar="R", help="of noise and JPEG marks, 0 to 1"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of vivid's detail")
    parser.add_argument(
        "--format",
        default="png",
        metavar="NAME",
        help="png, jpeg, webp, tiff, avif, or same (as it came in); else png",
    )
    parser.add_argument("--quality", type=int, metavar="Q", help="of jpeg, webp and avif, 1 to 100")
    parser.add_argument(
        "--name", metavar="PATTERN", help="of the files; else {name}-{scale}x; also {mode}, {model}"
    )
    parser.add_argument("--flat", action="store_true", help="leave the subfolders of folders alone")
    parser.add_argument(
        "--resume", action="store_true", help="go on with what an interrupted run left"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    parser.add_argument(
        "--max-input",
        type=float,
        metavar="MP",
        help="megapixels a picture may have before it is refused; else 120",
    )
    parser.add_argument("--tile", type=int, metavar="PIXELS", help="of the network; else by memory")
    parser.add_argument(
        "--model",
        metavar="NAME|PATH",
        help="another upscaler: a file, or a name on the list; else upscale-x4",
    )
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, mps; else the fastest")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the pictures larger; CommandError where nothing can be begun."""
    # Imported here because `latent-studio --help` must not wait for numpy and Pillow.
    from studio.commands.enlarging import enlarge
    from studio.commands.error import CommandError

    if not (arguments.sources or arguments.resume):
        raise CommandError("Name pictures, or folders of pictures, to make larger.")
    return enlarge(
        arguments.sources,
        arguments.output,
        _settings(arguments),
        recursive=not arguments.flat,
        resume=arguments.resume,
        largest=_largest(arguments.max_input),
        device=arguments.device,
    )


def _settings(arguments: argparse.Namespace) -> "BatchSettings":
    from studio.commands.error import CommandError
    from studio.contract.geometry import Size
    from studio.contract.upscaling import DEFAULT_UPSCALER, UpscaleMode
    from studio.pictures.batch_settings import BatchSettings, IfThere

    modes = [mode.value for mode in UpscaleMode]
    if arguments.mode not in modes:
        raise CommandError(f"There is no mode “{arguments.mode}”; choose {' or '.join(modes)}.")
    try:
        return BatchSettings(
            scale=arguments.scale,
            target=Size.parse(arguments.size) if arguments.size else None,
            mode=UpscaleMode(arguments.mode),
            strength=arguments.strength,
            repair=arguments.repair,
            seed=arguments.seed,
            model=arguments.model or DEFAULT_UPSCALER,
            tile=arguments.tile,
            format={"jpg": "jpeg", "tif": "tiff"}.get(arguments.format, arguments.format),
            quality=arguments.quality,
            pattern=arguments.name,
            if_there=IfThere.REPLACE if arguments.overwrite else IfThere.REFUSE,
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def _largest(megapixels: float | None) -> int:
    from studio.commands.error import CommandError
    from studio.pictures.picture import LARGEST_PIXELS

    if megapixels is None:
        return LARGEST_PIXELS
    if not 0 < megapixels <= 100_000:
        raise CommandError(f"--max-input is a number of megapixels, not {megapixels:g}.")
    return int(megapixels * 1e6)
