"""What a person would say about a landscape, in English and Vietnamese.

A caption is put together from what is in the picture (shares of its label map) and from the
scene's season, time, weather, terrain and view; its grammar and its completeness vary, since
people write "autumn lake" as well as whole sentences. Every word comes from the tables below,
so ``VOCABULARY`` is all a tokenizer needs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.contract.materials import MATERIALS
from studio.worlds.phrases import ENGLISH, VIETNAMESE, Phrases
from studio.worlds.scene import Scene

Language = Literal["en", "vi"]
LANGUAGES: Mapping[str, Phrases] = {"en": ENGLISH, "vi": VIETNAMESE}
SEEN = 0.012  # share of the picture above which a material is worth a word


def words(text: str) -> list[str]:
    """The lower-case words of a text, punctuation left out."""
    return re.findall(r"[^\W_]+", text.lower())


def _all_words() -> frozenset[str]:
    return frozenset(
        word for table in LANGUAGES.values() for line in table.lines() for word in words(line)
    )


VOCABULARY: frozenset[str] = _all_words()


def attributes(scene: Scene) -> dict[str, str]:
    """What a classifier reads from the picture, and a prompt can ask for."""
    return {
        "season": scene.season,
        "time": scene.time,
        "weather": scene.weather,
        "terrain": scene.terrain,
    }


def things(scene: Scene, labels: NDArray[np.uint8]) -> list[str]:
    """Kinds of things in the picture, largest first: material keys, or finer kinds of them."""
    share = np.bincount(labels.ravel(), minlength=256) / labels.size
    seen = [(float(share[m.id]), m.key) for m in MATERIALS if share[m.id] > SEEN]
    return [_finer(scene, key) for _, key in sorted(seen, reverse=True)]


def _finer(scene: Scene, key: str) -> str:
    """The kind of thing a material is in this scene: water is a lake, say."""
    if key == "tree":
        if scene.conifers > 0.7:
            return "conifers"
        return "tree" if scene.conifers > 0.3 else "broadleaf"
    if key == "sand" and scene.terrain == "desert":
        return "dunes"
    if key == "sand" and scene.water == "sea":
        return "beach"
    if key == "water" and scene.water == "lake":
        return "lake"
    if key == "mountain" and (scene.season == "winter" or scene.snow_line < scene.mountain_height):
        return "snowy mountain"
    if key == "road" and not scene.road_paved:
        return "path"
    if key == "flower" and scene.season in ("spring", "summer"):
        return "meadow"
    return key


def caption(
    scene: Scene,
    labels: NDArray[np.uint8],
    rng: np.random.Generator,
    language: Language = "en",
    *,
    complete: bool = False,
) -> str:
    """A caption of the picture with this label map (uint8 [H, W]); ``rng`` chooses its form.

    A ``complete`` one names terrain, season, time and weather, for a test that asks for them all.
    """
    table = LANGUAGES[language]
    say = _Speaker(scene, labels, rng, table)
    if complete:
        return say.complete()
    forms: Sequence[tuple[float, Callable[[], str]]] = (
        (0.34, say.sentence),
        (0.26, say.tags),
        (0.22, say.short),
        (0.18, say.plain),
    )
    weights = np.array([weight for weight, _ in forms])
    return forms[int(rng.choice(len(forms), p=weights / weights.sum()))][1]()


class _Speaker:
    def __init__(
        self,
        scene: Scene,
        labels: NDArray[np.uint8],
        rng: np.random.Generator,
        table: Phrases,
    ):
        self.scene, self.rng, self.table = scene, rng, table
        found = things(scene, labels)
        self.sky = [thing for thing in found if thing in ("sky", "clouds", "fog")]
        self.found = [thing for thing in found if thing not in self.sky] or found

    def _one(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _often(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)

    def _nouns(self, most: int) -> list[str]:
        count = min(len(self.found), int(self.rng.integers(1, most + 1)))
        # What fills the picture is named more surely than what hides in it.
        keep = np.sort(self.rng.permutation(min(len(self.found), count + 2))[:count])
        return [self._one(self.table.things[self.found[i]]) for i in keep]

    def _join(self, parts: list[str]) -> str:
        if len(parts) < 2:
            return "".join(parts)
        return ", ".join(parts[:-1]) + f" {self.table.conjunction} " + parts[-1]

    def _place(self) -> str:
        return self._one(self.table.terrains[self.scene.terrain])

    def _when(self) -> list[str]:
        parts = []
        if self._often(0.75):
            parts.append(self._one(self.table.seasons[self.scene.season]))
        if self._often(0.75):
            parts.append(self._one(self.table.times[self.scene.time]))
        if self._often(0.75):
            parts.append(self._one(self.table.weathers[self.scene.weather]))
        order = self.rng.permutation(len(parts))
        return [parts[i] for i in order]

    def complete(self) -> str:
        """Terrain with things, season, time and weather."""
        scene, table = self.scene, self.table
        when = [
            self._one(table.seasons[scene.season]),
            self._one(table.times[scene.time]),
            self._one(table.weathers[scene.weather]),
        ]
        return ", ".join([self._place(), self._join(self._nouns(3)), *when])

    def sentence(self) -> str:
        """Terrain with things, then when and how."""
        lead = self._one(self.table.leads).format(place=self._place())
        text = f"{lead} {self.table.preposition} {self._join(self._nouns(4))}"
        text = ", ".join([text, *self._when()])
        if self._often(0.25):
            text += ", " + self._one(self.table.views[self.scene.view])
        return text

    def tags(self) -> str:
        """A list of words in any order."""
        parts = [*self._nouns(4), *self._when()]
        if self._often(0.5):
            parts.append(self._place())
        if self.sky and self._often(0.4):
            parts.append(self._one(self.table.things[self.sky[0]]))
        order = self.rng.permutation(len(parts))
        return ", ".join(parts[i] for i in order)

    def short(self) -> str:
        """Two or three words."""
        noun = self._place() if self._often(0.6) else self._nouns(1)[0]
        kind = int(self.rng.integers(3))
        attribute = ("season", "time", "weather")[kind]
        adjective = self._one(
            (self.table.season_words, self.table.time_words, self.table.weather_words)[kind][
                getattr(self.scene, attribute)
            ]
        )
        return self.table.adjective.format(adjective=adjective, noun=noun)

    def plain(self) -> str:
        """Things, or the terrain, with one circumstance at most."""
        text = self._join(self._nouns(3)) if self._often(0.7) else self._place()
        when = self._when()
        return f"{text}, {when[0]}" if when and self._often(0.7) else text
