"""The models a person has: found in folders, loaded when they are needed."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from pathlib import Path

from studio.contract.events import Loading
from studio.contract.places import MODELS
from studio.engine.checkpoints.diffusers_folder import is_other_pipeline
from studio.engine.checkpoints.error import CheckpointError
from studio.engine.configuration import ConfigError
from studio.engine.device import Device, choose, use_threads
from studio.engine.families import FAMILIES
from studio.engine.families.opening import is_published, load_published
from studio.engine.families.published import PublishedModel
from studio.engine.model import Model
from studio.engine.model_config import ModelConfig, read_config
from studio.engine.model_error import ModelError
from studio.engine.parts import PartKind, Parts
from studio.engine.pipelines.model import PipelineModel
from studio.engine.pipelines.opening import open_pipeline
from studio.engine.upscaling.config import FAMILY as UPSCALER
from studio.engine.upscaling.config import family_of, read_upscaler_config
from studio.engine.upscaling.foreign import open_foreign
from studio.engine.upscaling.model import Upscaler
from studio.engine.upscaling.order import Enlarger
from studio.engine.weights import WeightsError

_Version = tuple[Path, tuple[tuple[str, int, int], ...]]


class ModelLibrary:
    """Finds model folders, loads one that paints and one that upscales at a time and keeps them; a
    failed load keeps the last good one.

    ``folders`` are searched after the bundled models; ``device`` is a name for device.choose, None
    for the best; ``prediction``, "eps" or "v", is for published files that do not tell. ``parts``
    are more places where LoRA files, ControlNets and preview decoders may lie, beside those of
    parts.Parts around the model and the folders. ``word_lists`` are folders with files that
    checkpoints leave out. Not for use from several threads at once.
    """

    def __init__(
        self,
        folders: Iterable[Path | str] = (),
        device: str | None = None,
        prediction: str | None = None,
        parts: Iterable[Path | str] = (),
        word_lists: Iterable[Path] = (),
    ) -> None:
        self.parts = tuple(map(Path, parts))
        self._folders = (MODELS, *map(Path, folders))
        self._device_name = device
        self._prediction = prediction
        self.word_lists = tuple(word_lists)
        self._device: Device | None = None
        self._loaded: tuple[_Version, Model | PipelineModel] | None = None
        self._upscaler: tuple[_Version, Enlarger] | None = None

    @property
    def prediction(self) -> str | None:
        """What is supposed of published files that do not tell; a change loads a model anew."""
        return self._prediction

    @prediction.setter
    def prediction(self, prediction: str | None) -> None:
        if prediction != self._prediction:
            self._prediction = prediction
            self._loaded = None

    def folders(self) -> dict[str, Path]:
        """Every model folder by its name; of two with one name the first found counts."""
        found: dict[str, Path] = {}
        for parent in self._folders:
            for config in sorted(parent.glob("*/config.json")):
                found.setdefault(config.parent.name, config.parent)
        return found

    def configs(self) -> dict[str, ModelConfig]:
        """What the usable models say of themselves, without loading them."""
        configs = {}
        for name, folder in self.folders().items():
            try:
                configs[name] = read_config(folder)
            except ModelError:
                continue  # get() says what is wrong with it to whoever asks for it
        return configs

    def find(self, model: str) -> Path:
        """The folder of a model given by name or path; raises ModelError."""
        folders = self.folders()
        if model in folders:
            return folders[model]
        path = Path(model).expanduser()
        if (path / "config.json").is_file() or is_published(path):
            return path.resolve()
        known = f"Choose one of: {', '.join(folders)}." if folders else "Add a folder with models."
        raise ModelError(f"There is no model “{model}”.", known)

    def finder(self, kind: PartKind, model: str) -> Callable[[str], Path]:
        """A function from the name or path of a part for that model to its file; it raises
        ModelError.
        """

        def find(name: str) -> Path:
            found = self._parts_of(self.find(model)).find(kind, name)
            if found is None:
                raise ModelError(
                    f"There is no {kind.title} “{name}”.",
                    f"Put its file into a folder “{kind.folders[0]}” beside the model's.",
                )
            return found

        return find

    @property
    def device(self) -> Device:
        """Where models run; chosen at the first use, which measures the processor."""
        if self._device is None:
            use_threads()
            self._device = choose(self._device_name)
        return self._device

    def get(self, model: str) -> Generator[Loading, None, Model | PipelineModel]:
        """The model given by name or path, loaded anew when its files have changed.

        Yields the progress where there is something to load; raises ModelError.
        """
        folder = self.find(model)
        version = _version(folder)
        if self._loaded is None or self._loaded[0] != version:
            if self._loaded is not None and not isinstance(self._loaded[1], PipelineModel):
                self._loaded[1].changeable.forget()
            loaded = yield from self._load(folder)
            self._loaded = version, loaded
        return self._loaded[1]

    def get_upscaler(self, model: str) -> Generator[Loading, None, Enlarger]:
        """As ``get``, for a model that makes pictures larger: the studio's own, or a file of
        another family.
        """
        folder = self.find(model)
        version = _version(folder)
        if self._upscaler is None or self._upscaler[0] != version:
            loaded = yield from self._load_upscaler(folder)
            self._upscaler = version, loaded
        return self._upscaler[1]

    def _load_upscaler(self, folder: Path) -> Generator[Loading, None, Enlarger]:
        if folder.is_file():
            yield Loading(what=folder.stem, fraction=0.0)
            try:
                return open_foreign(folder, self.device)
            except CheckpointError as error:
                raise ModelError(str(error), "Choose another upscaling model.") from error
        config = read_upscaler_config(folder)
        loading = Upscaler.load(folder, config, self.device)
        yield Loading(what=config.name, fraction=0.0)
        try:
            while True:
                yield Loading(what=config.name, fraction=next(loading))
        except StopIteration as done:
            return done.value
        except WeightsError as error:
            raise ModelError(
                f"The model in “{folder}” cannot be used. {error}",
                "Get the model again, or choose another one.",
            ) from error

    def _load(self, folder: Path) -> Generator[Loading, None, Model | PipelineModel]:
        yield Loading(what=folder.name, fraction=0.0)
        if is_published(folder):
            return self._pipeline(folder) or (yield from self._load_published(folder))
        if family_of(folder) == UPSCALER:
            raise ModelError(
                f"The model “{folder.name}” makes pictures larger and paints none itself.",
                "Choose another model to paint with, or use this one to upscale.",
            )
        config = read_config(folder)
        if config.family not in FAMILIES:
            raise ModelError(
                f"The model in “{folder}” is of the family “{config.family}”, which this version "
                "of the studio does not know.",
                f"Choose a model of: {', '.join(FAMILIES)}.",
            )
        loading = FAMILIES[config.family].load(folder, config, self.device)
        try:
            while True:
                yield Loading(what=config.name, fraction=next(loading))
        except StopIteration as done:
            return done.value
        except (WeightsError, ConfigError) as error:
            raise ModelError(
                f"The model in “{folder}” cannot be used. {error}",
                "Get the model again, or choose another one.",
            ) from error

    def _parts_of(self, model: Path) -> Parts:
        return Parts((model, *self._folders, *self.parts))

    def _pipeline(self, folder: Path) -> PipelineModel | None:
        """None for the kinds that the studio has networks of its own for."""
        try:
            if folder.is_dir() and is_other_pipeline(folder):
                return open_pipeline(folder, self.device)
        except CheckpointError as error:
            raise ModelError(str(error), "Get the folder again, or choose another one.") from error
        return None

    def _load_published(self, path: Path) -> Generator[Loading, None, Model]:
        loading = load_published(path, self.device, self._prediction, self._parts_of(path))
        while True:
            try:
                yield Loading(what=path.stem, fraction=next(loading))
            except StopIteration as done:
                model: PublishedModel = done.value
                return replace(model, tokenizers=(*model.tokenizers, *self.word_lists))


def _version(folder: Path) -> _Version:
    files = [folder]
    if folder.is_dir():
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    stats = ((str(path), path.stat()) for path in files)
    return folder, tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
