"""Where a person's own files lie: settings, history, the map in work, logs."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_NAME = "latent-studio"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders of one installation; ``made`` creates them."""

    config: Path
    data: Path
    logs: Path

    @classmethod
    def of_this_person(cls) -> "Places":
        """The system's usual folders, or folders inside ``LATENT_STUDIO_HOME`` if that is set."""
        if home := os.environ.get("LATENT_STUDIO_HOME"):
            return cls.inside(Path(home))
        return cls(
            config=platformdirs.user_config_path(_NAME, appauthor=False),
            data=platformdirs.user_data_path(_NAME, appauthor=False),
            logs=platformdirs.user_log_path(_NAME, appauthor=False),
        )

    @classmethod
    def inside(cls, home: Path) -> "Places":
        return cls(config=home / "config", data=home / "data", logs=home / "logs")

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def history(self) -> Path:
        return self.data / "history"

    @property
    def working_map(self) -> Path:
        return self.data / "working-map.png"

    @property
    def register(self) -> Path:
        """The list of models."""
        return self.data / "models.json"

    @property
    def models(self) -> Path:
        """What the studio downloaded."""
        return self.data / "models"

    @property
    def word_lists(self) -> Path:
        """Word lists and names that checkpoints leave out."""
        return self.data / "word-lists"

    @property
    def batch(self) -> Path:
        """What the window's list of pictures to enlarge has left undone."""
        return self.data / "upscaling" / "window.jsonl"

    @property
    def pasted(self) -> Path:
        return self.data / "pasted"

    def made(self) -> "Places":
        """Create the folders; raises OSError where the disk refuses."""
        for folder in (self.config, self.data, self.logs, self.history, self.pasted):
            folder.mkdir(parents=True, exist_ok=True)
        return self
