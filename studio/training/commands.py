"""`latent-studio train` and `latent-studio evaluate`."""

import argparse
from pathlib import Path

STAGES = {
    "data": "render the worlds of the recipe",
    "segmenter": "the network that judges pictures and lends its features to the first stage",
    "first-stage": "the autoencoder: perceptual compression",
    "latents": "encode the worlds once for the denoiser",
    "diffusion": "the denoiser with its text and map encoders",
    "layout": "the network that draws a coarse map where a request has words alone",
    "preview": "the small decoder of live previews",
}
"""Of the landscape model, in order."""

UPSCALER = "upscaler"


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `train` and `evaluate`; each sets ``run``, a function of the parsed arguments."""
    train = subparsers.add_parser("train", help="train a bundled model, one stage at a time")
    train.add_argument(
        "stage",
        choices=(*STAGES, UPSCALER),
        help="; ".join(f"{k}: {v}" for k, v in STAGES.items())
        + f"; {UPSCALER}: the whole of the model that makes pictures larger",
    )
    train.add_argument(
        "--config",
        help="recipe: a name or a .toml file (default: landscape, for the upscaler upscale-x4)",
    )
    train.add_argument("--directory", type=Path, help="work folder (default: runs/RECIPE)")
    train.add_argument("--minutes", type=float, default=10, help="time to train (default: 10)")
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.add_argument(
        "--start-from",
        type=Path,
        metavar="MODEL",
        help="begin with the weights of this model folder instead of random ones",
    )
    train.add_argument(
        "--decoder-only",
        action="store_true",
        help="first-stage: keep the encoder, so that the denoiser's latents stay valid",
    )
    train.add_argument(
        "--character",
        choices=("faithful", "vivid"),
        help="upscaler: train this one alone (default: first Faithful, then Vivid)",
    )
    train.add_argument("--device", help="cpu, cuda, mps (default: the best there is)")
    train.add_argument("--workers", type=int, default=0, help="rendering processes (0: one a core)")
    train.set_defaults(run=run_train)
    evaluate = subparsers.add_parser("evaluate", help="measure a model on held-out pictures")
    evaluate.add_argument("model", type=Path, help="model folder, such as models/landscape")
    evaluate.add_argument("--count", type=int, default=64, help="held-out pictures (default: 64)")
    evaluate.add_argument("--device", help="cpu, cuda, mps (default: the best there is)")
    evaluate.add_argument(
        "--no-card", action="store_true", help="print only, leave the card as it is"
    )
    evaluate.add_argument(
        "--no-sheet", action="store_true", help="do not draw the sheet of samples"
    )
    evaluate.set_defaults(run=run_evaluate)


def run_train(arguments: argparse.Namespace) -> int:
    """Run one stage; ValueError and OSError carry a sentence for the person."""
    if arguments.minutes <= 0:
        raise ValueError(f"--minutes must be positive, not {arguments.minutes:g}.")
    if arguments.stage == UPSCALER:
        return _train_upscaler(arguments)
    import torch

    from studio.training.config import read_recipe
    from studio.training.data import make_data
    from studio.training.latents import cache_latents
    from studio.training.stages import Workshop, best_device
    from studio.training.train_diffusion import train_diffusion
    from studio.training.train_first_stage import train_first_stage
    from studio.training.train_layout import train_layout
    from studio.training.train_preview import train_preview
    from studio.training.train_segmenter import train_segmenter

    config = arguments.config or "landscape"
    if arguments.start_from and not (arguments.start_from / "config.json").exists():
        raise ValueError(f"{arguments.start_from} is not a model folder: it has no config.json.")
    shop = Workshop(
        directory=arguments.directory or Path("runs") / Path(config).stem,
        recipe=read_recipe(config),
        device=torch.device(arguments.device) if arguments.device else best_device(),
        minutes=arguments.minutes,
        resume=arguments.resume,
        start=arguments.start_from,
    )
    match arguments.stage:
        case "data":
            device = str(shop.device)
            make_data(
                shop.directory / "data", shop.recipe.data, device=device, workers=arguments.workers
            )
        case "segmenter":
            train_segmenter(shop)
        case "first-stage":
            train_first_stage(shop, decoder_only=arguments.decoder_only)
        case "latents":
            cache_latents(shop)
        case "diffusion":
            train_diffusion(shop)
        case "layout":
            train_layout(shop)
        case "preview":
            train_preview(shop)
    return 0


def _train_upscaler(arguments: argparse.Namespace) -> int:
    import torch

    from studio.training.stages import best_device
    from studio.training.upscaling.recipe import read_upscaler_recipe
    from studio.training.upscaling.shop import UpscalerShop
    from studio.training.upscaling.train_faithful import train_faithful
    from studio.training.upscaling.train_vivid import train_vivid

    config = arguments.config or "upscale-x4"
    both = arguments.character is None
    shop = UpscalerShop(
        directory=arguments.directory or Path("runs") / Path(config).stem,
        recipe=read_upscaler_recipe(config),
        device=torch.device(arguments.device) if arguments.device else best_device(),
        minutes=arguments.minutes / 2 if both else arguments.minutes,
        resume=arguments.resume,
    )
    if both or arguments.character == "faithful":
        train_faithful(shop)
    if both or arguments.character == "vivid":
        train_vivid(shop)
    return 0


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Measure a model folder, print the figures and write them to its card."""
    from studio.engine.upscaling.config import FAMILY, family_of
    from studio.training.card import Report, write_card

    report: Report
    if family_of(arguments.model) == FAMILY:
        from studio.training.upscaling.evaluation import evaluate_upscaler
        from studio.training.upscaling.sheet import draw_sheet

        report = evaluate_upscaler(arguments.model, count=arguments.count, device=arguments.device)
    else:
        from studio.training.evaluation import evaluate
        from studio.training.sheet import draw_sheet

        report = evaluate(arguments.model, count=arguments.count, device=arguments.device)
    print(report.as_table())
    if not arguments.no_sheet:
        draw_sheet(arguments.model, arguments.device)
    if not arguments.no_card:
        write_card(arguments.model, report)
    return 0
