"""Single files in the published layout: the same networks as the reference implementations'."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import studio
from studio.contract.events import Failed, Produced, Started
from studio.contract.request import GenerateRequest
from studio.engine.checkpoints.diffusers_folder import autoencoder_of, unet_of
from studio.engine.checkpoints.names_first_stage import first_stage_sources
from studio.engine.checkpoints.names_unet import unet_sources
from studio.engine.checkpoints.source import gather
from studio.engine.device import choose
from studio.engine.families.opening import load_first_stage, open_published
from studio.engine.model_error import ModelError
from studio.engine.nets.autoencoder import first_stage_of
from studio.engine.nets.unet import UNet
from tests.engine.checkpoints import published_files as published
from tests.engine.nets.comparison import noise, relative_error

UNET, FIRST, COND = "model.diffusion_model.", "first_stage_model.", "cond_stage_model."
HEADS = {"model_channels": 32, "num_heads": 4}
T = torch.tensor([981.0, 1.0])


def unet_tensors(theirs: Any) -> dict[str, Tensor]:
    """diffusers' U-Net under the published names."""
    config = unet_of({**theirs.config, "_class_name": type(theirs).__name__})
    module = UNet(config)
    gathered = gather(module, unet_sources(module.state_dict(), config), theirs.state_dict())
    assert gathered.missing == gathered.misfits == ()
    assert gathered.used == set(theirs.state_dict())
    return gathered.tensors


def first_stage_tensors(theirs: Any) -> dict[str, Tensor]:
    config = autoencoder_of(theirs.config)
    module = first_stage_of(config)
    sources = first_stage_sources(module.state_dict(), len(config.channel_mult))
    gathered = gather(module, sources, theirs.state_dict())
    assert gathered.missing == gathered.misfits == ()
    assert gathered.used == set(theirs.state_dict())
    return gathered.tensors


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor.contiguous().clone() for name, tensor in tensors.items()}


def whole(unet: Any, first_stage: Any, condition: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        **prefixed(UNET, unet_tensors(unet)),
        **prefixed(FIRST, first_stage_tensors(first_stage)),
        **prefixed(COND, condition),
        **published.schedule_buffers(),
    }


def clip_tensors(theirs: Any) -> dict[str, Tensor]:
    prefix = "transformer.text_model."
    return {
        prefix + name.removeprefix("text_model."): tensor
        for name, tensor in theirs.state_dict().items()
    } | {f"{prefix}embeddings.position_ids": torch.arange(77)[None].float()}


def open_clip_tensors(theirs: Any) -> dict[str, Tensor]:
    """The same tower as OpenCLIP saves it, with one more block behind."""
    state = {name.removeprefix("text_model."): t for name, t in theirs.state_dict().items()}
    made = {
        "positional_embedding": state["embeddings.position_embedding.weight"],
        "token_embedding.weight": state["embeddings.token_embedding.weight"],
        "ln_final.weight": state["final_layer_norm.weight"],
        "ln_final.bias": state["final_layer_norm.bias"],
        "text_projection": torch.zeros(64, 64),
        "logit_scale": torch.tensor(1.0),
    }
    places = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc",
              "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}  # fmt: skip
    for number, source in ((0, 0), (1, 1), (2, 0)):
        ours, layer = f"transformer.resblocks.{number}", f"encoder.layers.{source}"
        for kind in ("weight", "bias"):
            for before, after in places.items():
                made[f"{ours}.{after}.{kind}"] = state[f"{layer}.{before}.{kind}"]
            parts = [state[f"{layer}.self_attn.{letter}_proj.{kind}"] for letter in "qkv"]
            made[f"{ours}.attn.in_proj_{kind}"] = torch.cat(parts)
    return {f"model.{name}": tensor for name, tensor in made.items()}


def loaded(path: Path) -> Any:
    return studio.load(path, device="cpu")


def same_networks(model: Any, unet: Any, first_stage: Any, *, limit: float = 1e-4,
                  **conditions: Tensor) -> None:  # fmt: skip
    given = unet.config.in_channels - model.first_stage.config.embed_dim
    x, z = (
        noise(2, unet.config.in_channels, 8, 8),
        noise(1, first_stage.config.latent_channels, 8, 8),
    )
    concat = x[:, -given:] if given else None
    context = conditions.get("context")
    expected = unet(x, T, context).sample if context is not None else unet(x, T).sample
    ours = model.unet(x[:, : x.shape[1] - given], T, context=context, concat=concat)
    assert relative_error(ours, expected) < limit
    assert relative_error(model.first_stage.decode(z), first_stage.decode(z).sample) < limit
    picture = noise(1, 3, 32, 32)
    encoded, theirs = model.first_stage.encode(picture), first_stage.encode(picture)
    if hasattr(theirs, "latents"):
        assert relative_error(encoded, theirs.latents) < limit
    else:
        assert relative_error(encoded.mode(), theirs.latent_dist.mode()) < limit


def picture(path: Path, **asked: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=2, **asked)
    events = list(studio.generate(request, studio.ModelLibrary(device="cpu")))
    assert not isinstance(events[-1], Failed), events[-1]
    (notices,) = [event.notices for event in events if isinstance(event, Started)]
    (made,) = [event.pixels for event in events if isinstance(event, Produced)]
    return made, notices


@torch.no_grad()
@pytest.mark.parametrize("half", [False, True])
def test_stable_diffusion_1(half: bool, tmp_path: Path) -> None:
    unet, vae, clip = published.conditional_unet(64), published.vae(), published.clip()
    tensors = whole(unet, vae, clip_tensors(clip))
    path = tmp_path / "sd.safetensors"
    if half:
        tensors = {name: tensor.half() for name, tensor in tensors.items()}
    save_file(tensors, path)
    with pytest.raises(ModelError, match=r"put its configuration beside it as sd\.yaml"):
        loaded(path)
    published.write_yaml(tmp_path / "sd.yaml", unet=HEADS, scale_factor=0.18215)
    model = loaded(path)
    assert model.config.family == "stable_diffusion"
    limit = 2e-2 if half else 1e-4
    same_networks(model, unet, vae, limit=limit, context=noise(2, 77, 64, seed=2))
    with pytest.raises(ModelError, match="needs CLIP's word list"):
        model.encode_prompt(["snow"])
    published.write_clip_words(tmp_path / "tokenizer")
    ids = torch.tensor([model.model._prompts.tokenizer.read("a snow lake").ids])
    expected = clip(ids).last_hidden_state
    assert relative_error(model.encode_prompt(["a snow lake"]), expected) < limit
    assert picture(path, prompt="snow", negative_prompt="lake")[0].shape == (64, 64, 3)


@torch.no_grad()
def test_a_merged_file_may_leave_out_a_step_of_clips_path(tmp_path: Path) -> None:
    unet, vae, clip = published.conditional_unet(64), published.vae(), published.clip()
    tensors = whole(unet, vae, clip_tensors(clip))
    short = {name.replace(".text_model.", "."): tensor for name, tensor in tensors.items()}
    assert short.keys() != tensors.keys()
    save_file(short, tmp_path / "merged.safetensors")
    published.write_yaml(tmp_path / "merged.yaml", unet=HEADS, scale_factor=0.18215)
    published.write_clip_words(tmp_path)
    model = loaded(tmp_path / "merged.safetensors")
    assert model.model.config.family == "stable_diffusion"
    ids = torch.tensor([model.model._prompts.tokenizer.read("a snow lake").ids])
    expected = clip(ids).last_hidden_state
    assert relative_error(model.encode_prompt(["a snow lake"]), expected) < 1e-4


@torch.no_grad()
def test_stable_diffusion_2_with_open_clip(tmp_path: Path) -> None:
    unet = published.conditional_unet(64, attention_head_dim=(2, 4), use_linear_projection=True,
        down_block_types=("CrossAttnDownBlock2D",) * 2, up_block_types=("CrossAttnUpBlock2D",) * 2,
    )  # fmt: skip
    vae, clip = published.vae(), published.clip(activation="gelu")
    path = tmp_path / "sd2.ckpt"
    torch.save({"state_dict": whole(unet, vae, open_clip_tensors(clip)), "global_step": 5}, path)
    heads = {"model_channels": 32, "in_channels": 4, "num_head_channels": 16}
    published.write_yaml(tmp_path / "sd2.yaml", unet=heads, parameterization="v")
    published.write_clip_words(tmp_path)
    model = loaded(path)
    assert model.config.prediction == "v"
    same_networks(model, unet, vae, context=noise(2, 77, 64, seed=2))
    ids = model.model._prompts.tokenizer.read("a snow lake").ids
    assert ids[-1] == 0
    expected = clip(torch.tensor([ids])).last_hidden_state
    assert relative_error(model.encode_prompt(["a snow lake"]), expected) < 1e-4
    contents = open_published(path)
    assert contents.unexpected == ()
    assert all(network.gathered.missing == () for network in contents.networks.values())


@torch.no_grad()
def test_inpainting_fills_a_whole_picture(tmp_path: Path) -> None:
    unet, vae, clip = (
        published.conditional_unet(64, in_channels=9),
        published.vae(),
        published.clip(),
    )
    save_file(whole(unet, vae, clip_tensors(clip)), tmp_path / "fill.safetensors")
    published.write_yaml(tmp_path / "fill.yaml", unet=HEADS)
    published.write_clip_words(tmp_path)
    model = loaded(tmp_path / "fill.safetensors")
    assert model.config.family == "stable_inpainting"
    same_networks(model, unet, vae, context=noise(2, 77, 64, seed=2))
    hole, around = model.model.seen(GenerateRequest(size=studio.Size(64, 64)))
    assert around.mean.shape == (1, 4, 8, 8)
    assert torch.equal(hole, torch.ones(1, 1, 8, 8))
    assert picture(tmp_path / "fill.safetensors", prompt="snow")[0].std() > 1


@torch.no_grad()
def test_classes(tmp_path: Path) -> None:
    unet = published.conditional_unet(16, in_channels=3, out_channels=3)
    vq = published.vq()
    table = noise(1001, 16, seed=5)
    tensors = whole(unet, vq, {"embedding.weight": table})
    path = tmp_path / "model.ckpt"
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    published.write_yaml(tmp_path / "config.yaml", unet=HEADS)
    model = loaded(path)
    assert model.config.family == "class_conditional"
    same_networks(model, unet, vq, context=noise(2, 1, 16, seed=2))
    with torch.inference_mode():
        assert torch.equal(model.model.encode_classes([7, 1000]), table[[7, 1000]][:, None])
    seen = [picture(path, class_id=number, guidance=g)[0].tobytes()
            for number, g in ((7, 3.0), (7, 1.0), (8, 3.0), (None, 3.0))]  # fmt: skip
    assert len(set(seen)) == 4
    request = GenerateRequest(model=str(path), class_id=1000)
    (*_, failed) = studio.generate(request, studio.ModelLibrary(device="cpu"))
    assert failed.sentence == "This model has no class 1000."


@torch.no_grad()
def test_label_maps_and_averaged_weights(tmp_path: Path) -> None:
    unet, vq = published.plain_unet(in_channels=6, out_channels=3), published.vq()
    mapper = noise(3, 182, 1, 1, seed=6)
    tensors = whole(unet, vq, {"channel_mapper.weight": mapper})
    for name in [name for name in tensors if name.startswith(UNET)]:
        averaged = name.removeprefix("model.").replace(".", "")
        tensors[f"model_ema.{averaged}"] = tensors[name]
        tensors[name] = torch.zeros_like(tensors[name])
    tensors |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(9)}
    tensors |= {f"{FIRST}loss.logvar": torch.zeros(()), f"{FIRST}loss.d.weight": torch.ones(3)}
    path = tmp_path / "model.ckpt"
    torch.save({"state_dict": tensors}, path)
    published.write_yaml(tmp_path / "model.yaml", linear_start=0.0015, linear_end=0.0205,
                         unet={"model_channels": 32, "num_head_channels": 16},
                         cond_stage_config={"params": {"n_stages": 2}})  # fmt: skip
    model = loaded(path)
    assert model.config.family == "semantic_synthesis"
    assert model.config.denoiser.schedule.beta_end == 0.0205
    assert open_published(path).ema
    same_networks(model, unet, vq)
    labels = np.full((64, 64), 156, np.uint8)
    labels[40:] = 154
    one_hot = torch.nn.functional.one_hot(torch.tensor(labels).long(), 182).permute(2, 0, 1)[None]
    half = torch.nn.functional.avg_pool2d(one_hot.float(), 4)
    expected = torch.nn.functional.conv2d(half, mapper)
    request = GenerateRequest(label_map=labels, size=studio.Size(64, 64))
    assert relative_error(model.model.conditions(request).given.concat, expected) < 1e-5
    made, notices = picture(path, label_map=labels)
    assert notices == ()
    assert not np.array_equal(made, picture(path)[0])
    assert "unlabelled" in picture(path, label_map=np.full((64, 64), 255, np.uint8))[1][0]


@torch.no_grad()
def test_latent_diffusions_own_text_encoder(tmp_path: Path) -> None:
    unet, vae, bert = published.conditional_unet(48), published.vae(), published.bert()
    places = {"model.embed_tokens": "token_emb", "model.embed_positions": "pos_emb.emb",
              "model.layer_norm": "norm", "to_logits": "to_logits"}  # fmt: skip
    for number in range(2):
        first, second = f"attn_layers.layers.{2 * number}", f"attn_layers.layers.{2 * number + 1}"
        layer = f"model.layers.{number}"
        places |= {f"{layer}.self_attn_layer_norm": f"{first}.0",
                   f"{layer}.final_layer_norm": f"{second}.0",
                   f"{layer}.fc1": f"{second}.1.net.0.0",
                   f"{layer}.fc2": f"{second}.1.net.2"}  # fmt: skip
        places |= {f"{layer}.self_attn.{part}_proj": f"{first}.1.to_{part}"
                   for part in ("q", "k", "v", "out")}  # fmt: skip
    condition = {}
    for name, tensor in bert.state_dict().items():
        stem, _, kind = name.rpartition(".")
        condition[f"transformer.{places[stem]}.{kind}"] = tensor
    path = tmp_path / "txt2img.ckpt"
    torch.save({"state_dict": whole(unet, vae, condition)}, path)
    published.write_yaml(tmp_path / "txt2img.yaml", unet=HEADS, scale_factor=0.18215)
    published.write_bert_words(tmp_path)
    model = loaded(path)
    assert model.config.family == "text_to_image"
    same_networks(model, unet, vae, context=noise(2, 77, 48, seed=2))
    tokens = model.model._prompts.tokenizer.read("A lake, xyz at SUNSET")
    assert tokens.ids[:8] == (2, 11, 5, 13, 1, 9, 10, 3)
    assert tokens.unknown == ("xyz",)
    expected = bert.model(torch.tensor([tokens.ids])).last_hidden_state
    assert relative_error(model.encode_prompt(["A lake, xyz at SUNSET"]), expected) < 1e-4
    assert open_published(path).unexpected == ()
    request = GenerateRequest(model=str(path), size=studio.Size(64, 64), steps=1, prompt="xyz")
    events = studio.generate(request, studio.ModelLibrary(device="cpu"))
    (unknown,) = [event.unknown_words for event in events if isinstance(event, Started)]
    assert unknown == ("xyz",)


@torch.no_grad()
def test_unconditional_with_its_own_scale(tmp_path: Path) -> None:
    unet = published.plain_unet(down_block_types=("AttnDownBlock2D",) * 2,
                                up_block_types=("AttnUpBlock2D",) * 2, downsample_type="resnet",
                                upsample_type="resnet",
                                resnet_time_scale_shift="scale_shift")  # fmt: skip
    vae = published.vae()
    tensors = {**whole(unet, vae, {}), "scale_factor": torch.tensor(0.25)}
    save_file(tensors, tmp_path / "churches.safetensors")
    published.write_yaml(tmp_path / "churches.yaml", scale_by_std=True,
                         unet={"model_channels": 32, "num_head_channels": 16})  # fmt: skip
    model = loaded(tmp_path / "churches.safetensors")
    assert model.config.family == "unconditional"
    assert model.config.first_stage.latent_std == (4.0,) * 4
    same_networks(model, unet, vae)
    notices = picture(tmp_path / "churches.safetensors", prompt="a church")[1]
    assert notices == ("This model cannot read: the prompt has no effect.",)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["kl", "vq", "vq without attention"])
def test_a_first_stage_alone(kind: str, tmp_path: Path) -> None:
    theirs = {
        "kl": published.vae,
        "vq": published.vq,
        "vq without attention": lambda: published.vq(mid_block_add_attention=False),
    }[kind]()
    tensors = first_stage_tensors(theirs) | {"loss.logvar": torch.zeros(())}
    path = tmp_path / "first.ckpt"
    torch.save({"state_dict": tensors}, path)
    ours = load_first_stage(path, choose("cpu"))
    z = noise(1, theirs.config.latent_channels, 8, 8)
    assert relative_error(ours.decode(z), theirs.decode(z).sample) < 1e-4
    with pytest.raises(ModelError, match="is a first stage alone"):
        loaded(path)


def break_nan(tensors: dict[str, Tensor]) -> None:
    tensors[f"{UNET}middle_block.0.in_layers.2.weight"][0, 0] = torch.nan


def break_shape(tensors: dict[str, Tensor]) -> None:
    tensors[f"{UNET}middle_block.0.in_layers.2.weight"] = torch.zeros(5, 5)


def break_name(tensors: dict[str, Tensor]) -> None:
    del tensors[f"{UNET}middle_block.0.in_layers.2.weight"]


def break_unet(tensors: dict[str, Tensor]) -> None:
    tensors[f"{UNET}out.2.weight"] = torch.zeros(3)


def break_first_stage(tensors: dict[str, Tensor]) -> None:
    for name in [name for name in tensors if name.startswith(FIRST)]:
        del tensors[name]


def break_condition(tensors: dict[str, Tensor]) -> None:
    tensors[f"{COND}something.weight"] = torch.zeros(3)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (break_nan, "middle_block.0.in_layers.2.weight holds values that are not finite"),
        (break_shape, "has the shape 5 x 5 instead of 64 x 64 x 3 x 3"),
        (break_name, "lacks middle_block.0.in_layers.2.weight of its U-Net"),
        (break_unet, "U-Net in m.safetensors cannot be made out"),
        (break_first_stage, "holds no first stage"),
        (break_condition, "conditioner in m.safetensors cannot be made out"),
    ],
)
def test_damage_is_one_sentence(
    damage: Callable[[dict[str, Tensor]], None], words: str, tmp_path: Path
) -> None:
    tensors = whole(published.plain_unet(), published.vae(), {})
    damage(tensors)
    save_file(tensors, tmp_path / "m.safetensors")
    published.write_yaml(tmp_path / "m.yaml", unet={"model_channels": 32, "num_head_channels": 16})
    with pytest.raises(ModelError) as told:
        loaded(tmp_path / "m.safetensors")
    assert words in told.value.sentence
    assert "\n" not in told.value.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: [", "m.yaml beside the checkpoint is damaged"),
        ("!!python/object/apply:os.system ['touch x']", "is damaged"),
        ("model: {params: {unet_config: {params: {model_channels: 64, num_heads: 1}}}}",
         "m.yaml belongs to another model"),
        ("model: {params: {unet_config: {params: {model_channels: 32}}}}", "makes no sense"),
        ("model: {params: {parameterization: y, unet_config: {params: {num_heads: 1}}}}",
         "makes no sense"),
    ],
)  # fmt: skip
def test_bad_configurations(text: str, words: str, tmp_path: Path) -> None:
    save_file(whole(published.plain_unet(), published.vae(), {}), tmp_path / "m.safetensors")
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(ModelError) as told:
        loaded(tmp_path / "m.safetensors")
    assert words in told.value.sentence


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_stay_in_the_file(dtype: torch.dtype, tmp_path: Path) -> None:
    unet, vae, clip = published.conditional_unet(64), published.vae(), published.clip()
    tensors = whole(unet, vae, clip_tensors(clip))
    path = tmp_path / "sd.safetensors"
    save_file({name: tensor.to(dtype) for name, tensor in tensors.items()}, path)
    published.write_yaml(tmp_path / "sd.yaml", unet=HEADS, scale_factor=0.18215)
    with torch.inference_mode():
        model = loaded(path)
        networks = (model.unet, model.first_stage, model.model.conditioner)
        assert {part.dtype for net in networks for part in net.parameters()} == {dtype}
        assert [net.dtype for net in networks[1:]] == [torch.float32] * 2
        for name, part in model.unet.named_parameters():
            assert torch.equal(part, tensors[UNET + name].to(dtype))
        with Path("/proc/self/smaps").open() as maps:
            assert str(path) in maps.read()
        # what it computes is what a network of the same rounded weights computes in full precision
        rounded = UNet(model.unet.config)
        rounded.load_state_dict(
            {name: part.float() for name, part in model.unet.state_dict().items()}
        )
        x, context = noise(2, 4, 8, 8), noise(2, 77, 64, seed=2)
        model.unet.compute_dtype = torch.float32
        assert torch.equal(model.unet(x, T, context), rounded.eval()(x, T, context))


def test_a_model_that_does_not_fit_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file(whole(published.plain_unet(), published.vae(), {}), tmp_path / "m.safetensors")
    published.write_yaml(tmp_path / "m.yaml", unet={"model_channels": 32, "num_head_channels": 16})
    monkeypatch.setattr("studio.engine.memory.free_memory", lambda device: 2**20)
    monkeypatch.setattr("studio.engine.families.published.fill", None)
    with pytest.raises(ModelError, match=r"needs about \d+\.\d MiB of memory, of which 1.0 MiB"):
        loaded(tmp_path / "m.safetensors")
