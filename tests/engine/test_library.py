import copy
import json
import shutil

import pytest

from studio.contract.events import Loading
from studio.engine.library import ModelLibrary
from studio.engine.model_error import ModelError
from tests.tiny_model import CONFIG, write_tiny_model


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("pristine") / "tiny")


@pytest.fixture
def folder(tmp_path, pristine):
    return shutil.copytree(pristine, tmp_path / "models" / "tiny")


@pytest.fixture
def library(folder):
    return ModelLibrary([folder.parent], device="cpu")


def get(library, model):
    """The loaded model and the events on the way."""
    loading, events = library.get(model), []
    while True:
        try:
            events.append(next(loading))
        except StopIteration as done:
            return done.value, events


def test_models_are_found_by_name_and_by_path(library, folder):
    assert library.folders()["tiny"] == folder
    assert library.configs()["tiny"].name == "Tiny"
    assert library.find("tiny") == library.find(str(folder)) == folder


def test_loading_tells_its_progress_and_happens_once(library):
    model, events = get(library, "tiny")
    assert all(isinstance(event, Loading) for event in events)
    assert [event.fraction for event in events] == [0.0, 0.6, 0.9, 1.0]
    assert get(library, "tiny") == (model, [])


def test_a_model_whose_files_changed_is_loaded_anew(library, folder):
    model, _ = get(library, "tiny")
    write_tiny_model(folder, seed=1)
    again, events = get(library, "tiny")
    assert again is not model
    assert events


def spoil(name):
    def damage(folder):
        path = folder / name
        path.write_bytes(path.read_bytes()[:100])

    return damage


def remove(name):
    return lambda folder: (folder / name).unlink()


def foreign(folder):
    config = copy.deepcopy(CONFIG) | {"family": "seascape"}
    (folder / "config.json").write_text(json.dumps(config))


DAMAGE = {
    "denoiser": (spoil("denoiser.safetensors"), "denoiser.safetensors"),
    "no first stage": (remove("first_stage.safetensors"), "first_stage.safetensors"),
    "text encoder": (spoil("text_encoder.safetensors"), "text_encoder.safetensors"),
    "tokenizer": (spoil("tokenizer.json"), "tokenizer.json"),
    "no tokenizer": (remove("tokenizer.json"), "tokenizer.json"),
    "no map encoder": (remove("map_encoder.safetensors"), "map_encoder.safetensors"),
    "preview": (spoil("preview.safetensors"), "preview.safetensors"),
    "config": (spoil("config.json"), "config.json"),
    "family": (foreign, "family “seascape”"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_a_failed_load_says_why_and_keeps_the_last_good_model(library, folder, case):
    good, _ = get(library, "tiny")
    damage, words = DAMAGE[case]
    broken = shutil.copytree(folder, folder.parent / "broken")
    damage(broken)
    with pytest.raises(ModelError, match=words) as caught:
        get(library, "broken")
    assert caught.value.action
    assert get(library, "tiny") == (good, [])


def test_an_unknown_model_names_the_known_ones(library):
    with pytest.raises(ModelError, match="no model “ocean”") as caught:
        get(library, "ocean")
    assert "tiny" in caught.value.action


def test_a_broken_model_is_not_among_the_configs(library, folder):
    (folder.parent / "odd").mkdir()
    (folder.parent / "odd" / "config.json").write_text("{")
    assert "odd" in library.folders()
    assert "odd" not in library.configs()
