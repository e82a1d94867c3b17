"""What one landscape is: every choice a seed makes before a single pixel is drawn."""

import math
from dataclasses import dataclass

import numpy as np

SEASONS = ("spring", "summer", "autumn", "winter")
TIMES = ("dawn", "noon", "golden hour", "sunset", "dusk")
WEATHERS = ("clear", "cloudy", "overcast", "fog", "rain", "snowfall")
TERRAINS = ("mountains", "hills", "plain", "coast", "lake", "river", "desert", "forest")
VIEWS = ("low", "standing", "raised", "high")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Every parameter of one landscape. Lengths in metres, angles in degrees.

    x is to the right of the camera and z ahead of it; the camera stands at x = z = 0 and looks
    along z. The water surface, where there is one, is at height 0.
    """

    seed: int
    season: str
    time: str
    weather: str
    terrain: str
    view: str
    patch: float  # 0..1000: which patch of every noise field this scene uses

    eye: float  # height of the camera above the ground or water under it
    fov: float  # vertical field of view
    horizon: float  # row of the horizon as a fraction of the height, from the top

    sun_azimuth: float  # 0 ahead, positive to the right, 180 behind the camera
    sun_elevation: float
    haze: float  # extinction of the air per metre
    turbidity: float  # dust in the air, 1 is clear
    fog_bank: float  # extinction per metre of a low layer of fog
    fog_top: float  # height of that layer
    clouds: str  # cumulus or broken, for skies that are not closed
    cloud_cover: float  # 0..1
    cloud_scale: float  # size of one cloud
    cirrus: float  # 0..1
    wind: float  # 0..1, roughness of the water

    water: str  # none, lake, sea or river
    water_x: float
    water_z: float
    water_width: float
    water_length: float
    shore_angle: float
    meander: float

    hill_height: float
    hill_scale: float
    mountain_height: float
    mountain_scale: float
    mountain_start: float  # distance at which mountains begin to rise
    dunes: float  # height of sand dunes
    snow_line: float  # height above which snow lies
    snow_cover: float  # 0..1 on the ground everywhere

    forest: float  # 0..1 share of ground under trees
    clearing: float  # distance at which the woods begin
    conifers: float  # 0..1 share of conifers among trees
    bushes: float
    flowers: float
    rocks: float
    tall_grass: float
    dryness: float  # 0 lush, 1 straw
    soil: str  # bare ground shows as dirt, gravel, mud, sand or stone
    bare: float  # 0..1 share of bare ground
    road: bool
    road_x: float
    road_bend: float
    road_paved: bool


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    names = list(weights)
    p = np.array([weights[name] for name in names])
    return names[int(rng.choice(len(names), p=p / p.sum()))]


def _season(rng: np.random.Generator, terrain: str) -> str:
    if terrain == "desert":
        return "summer"
    return _pick(rng, dict.fromkeys(SEASONS, 1.0))


def _weather(rng: np.random.Generator, terrain: str, season: str) -> str:
    weights = {"clear": 3.0, "cloudy": 4.0, "overcast": 1.6, "fog": 1.5, "rain": 0.9}
    if season == "winter":
        weights |= {"snowfall": 2.0, "rain": 0.0}
    if terrain == "desert":
        weights |= {"rain": 0.0, "fog": 0.2}
    return _pick(rng, weights)


def _time(rng: np.random.Generator, weather: str) -> str:
    if weather in ("overcast", "rain", "snowfall"):
        return _pick(rng, {"noon": 4.0, "dusk": 1.5, "sunset": 0.4, "dawn": 0.3})
    if weather == "fog":
        return _pick(
            rng, {"noon": 2.5, "dawn": 1.6, "sunset": 1.0, "dusk": 1.0, "golden hour": 0.8}
        )
    return _pick(rng, {"noon": 3.4, "golden hour": 1.8, "sunset": 2.2, "dusk": 1.4, "dawn": 1.2})


_SUN = {
    "dawn": (0.5, 4.0),
    "noon": (35.0, 62.0),
    "golden hour": (9.0, 17.0),
    "sunset": (0.6, 4.5),
    "dusk": (-6.0, -2.5),
}
_VIEW_EYE = {
    "low": (0.7, 1.3),
    "standing": (1.6, 2.6),
    "raised": (5.0, 18.0),
    "high": (35.0, 140.0),
}
_WATER = {"coast": "sea", "lake": "lake", "river": "river"}
# Seldom, or "mountains" and "forest" would be pictures of lakes and rivers.
_ALSO_WATER = {"mountains": 0.15, "hills": 0.08, "forest": 0.08}


def _view(rng: np.random.Generator, terrain: str) -> str:
    weights = {"low": 0.9, "standing": 2.2, "raised": 2.2, "high": 1.4}
    if terrain == "forest":
        weights |= {"high": 1.0, "raised": 1.2}
    if terrain in ("lake", "river"):
        weights |= {"low": 0.2, "standing": 1.4, "raised": 3.6}  # seen from above its banks
    if terrain in ("mountains", "hills"):
        weights |= {"low": 0.4}
    return _pick(rng, weights)


def _horizon(view: str, terrain: str) -> tuple[float, float]:
    """Least and greatest height of the horizon; mountains need room above it."""
    low, high = (0.22, 0.42) if view == "high" else (0.3, 0.66)
    return (low + 0.16, high + 0.08) if terrain == "mountains" else (low, high)


def _sun_azimuth(rng: np.random.Generator, time: str) -> float:
    ahead = {"dawn": 0.65, "sunset": 0.75, "dusk": 0.75, "golden hour": 0.35, "noon": 0.0}[time]
    if rng.random() < ahead:
        return float(rng.normal(0, 22))
    side = rng.choice([-1.0, 1.0])
    return float(side * rng.uniform(50, 150))


def _water(rng: np.random.Generator, terrain: str, eye: float) -> dict[str, float | str]:
    kind = _WATER.get(terrain, "none")
    if kind == "none" and rng.random() < _ALSO_WATER.get(terrain, 0.0):
        kind = _pick(rng, {"lake": 1.0, "river": 1.2})
    near = float(rng.uniform(6, 60)) + 2.5 * eye
    length = float(np.exp(rng.uniform(math.log(120), math.log(1600)))) + 4 * eye
    width = length * float(rng.uniform(0.6, 2.2))
    if kind == "river":
        width = float(np.exp(rng.uniform(math.log(6), math.log(40)))) + 0.25 * eye
    return {
        "water": kind,
        "water_x": float(rng.normal(0, 0.25)) * (60 if kind == "river" else length * 0.4),
        "water_z": near if rng.random() < 0.8 else -length * 0.2,
        "water_width": width,
        "water_length": length,
        "shore_angle": float(rng.uniform(15, 165)),
        "meander": float(rng.uniform(0.3, 1.0)),
    }


def _relief(rng: np.random.Generator, terrain: str) -> dict[str, float]:
    u = rng.uniform
    hill = {
        "mountains": u(8, 40), "hills": u(45, 120), "plain": u(1, 4.5), "coast": u(8, 60),
        "lake": u(10, 60), "river": u(8, 45), "desert": u(4, 30), "forest": u(4, 25),
    }[terrain]  # fmt: skip
    chance = {
        "mountains": 1.0, "hills": 0.0, "plain": 0.1, "coast": 0.3,
        "lake": 0.7, "river": 0.4, "desert": 0.4, "forest": 0.05,
    }[terrain]  # fmt: skip
    present = u() < chance
    height = u(1300, 3200) if terrain == "mountains" else u(450, 1600)
    if terrain == "desert":
        height = u(200, 700)
    return {
        "hill_height": hill,
        "hill_scale": u(260, 900),
        "mountain_height": height if present else 0.0,
        "mountain_scale": u(3500, 7500),
        "mountain_start": u(200, 900) if terrain == "mountains" else u(1600, 5000),
        "dunes": (u(7, 34) if u() < 0.8 else u(0.5, 2)) if terrain == "desert" else 0.0,
    }


def _conifers(terrain: str, season: str) -> tuple[float, float]:
    """Mean and spread of the share of conifers; autumn shows in the leaves of the others."""
    return 0.5 + 0.3 * (terrain == "mountains") - 0.2 * (season == "autumn"), 0.4


def _cover(rng: np.random.Generator, terrain: str, season: str, view: str) -> dict[str, object]:
    u = rng.uniform
    desert = terrain == "desert"
    forest = {
        "mountains": u(0, 0.5), "hills": u(0.02, 0.35), "plain": u(0, 0.2), "coast": u(0, 0.4),
        "lake": u(0.1, 0.8), "river": u(0.1, 0.7), "desert": 0.0, "forest": u(0.8, 1.0),
    }[terrain]  # fmt: skip
    soils = {"dirt": 2.0, "gravel": 1.3, "mud": 1.5, "sand": 0.5, "stone": 1.0}
    soils |= {"sand": 5.0, "mud": 0.1} if terrain in ("coast", "desert") else {}
    soils |= {"gravel": 2.0, "mud": 2.2} if terrain == "river" else {}
    bloom = {"spring": u(0.35, 1.0), "summer": u(0, 0.4), "autumn": u(0, 0.08), "winter": 0.0}
    road = u() < (0.4 if terrain in ("plain", "hills", "forest", "desert", "mountains") else 0.08)
    return {
        "forest": forest,
        "clearing": math.exp(
            u(2.5, 3.6) if terrain == "forest" else u(4.6 if terrain == "mountains" else 3.6, 6.0)
        ),
        "conifers": float(np.clip(rng.normal(*_conifers(terrain, season)), 0, 1)),
        "bushes": u(0, 1) ** 1.5 * (0.5 if desert else 1.0),
        "flowers": bloom[season] * float(u() < 0.8) * (0.3 if desert else 1.0),
        "rocks": u(0, 1) ** 2.5 * (0.5 if desert else 1.0)
        + (0.15 if terrain in ("mountains", "coast") else 0.0),
        "tall_grass": u(0.1, 1),
        "dryness": float(
            np.clip(rng.normal({"spring": 0.0, "summer": 0.22}.get(season, 0.6), 0.16), 0, 1)
        ),
        "soil": "sand" if desert and u() < 0.8 else _pick(rng, soils),
        "bare": 1.0 if desert else u(0, 1) ** 1.5 * 0.62 + 0.03,
        "road": bool(road and view != "low"),
        "road_x": float(rng.normal(0, 6)),
        "road_bend": u(0.3, 1.0),
        "road_paved": bool(u() < 0.5),
    }  # fmt: skip


def _air(
    rng: np.random.Generator, weather: str, time: str, terrain: str, eye: float
) -> dict[str, float | str]:
    u = rng.uniform
    haze = math.exp(u(math.log(1 / 60000), math.log(1 / 16000)))
    cover = {
        "clear": u(0, 0.03), "cloudy": u(0.42, 0.7), "overcast": u(0.95, 1.0),
        "fog": u(0.3, 1.0), "rain": 1.0, "snowfall": 1.0,
    }[weather]  # fmt: skip
    haze = {
        "overcast": haze * 1.6, "fog": 1 / (math.exp(u(math.log(80), math.log(500))) + 7 * eye),
        "rain": 1 / u(1200, 5000), "snowfall": 1 / u(500, 2500),
    }.get(weather, haze)  # fmt: skip
    chance = 0.2 if time == "dawn" else 0.0  # ground fog forms in the night
    bank = weather not in ("fog", "rain", "snowfall") and u() < chance
    return {
        "haze": haze,
        "turbidity": u(0.7, 1.3) if time == "dawn" else u(0.7, 2.5),
        "fog_bank": 1 / u(60, 300) if bank or (weather == "fog" and u() < 0.5) else 0.0,
        "fog_top": u(6, 40),
        "clouds": "cumulus" if u() < 0.68 else "broken",
        "cloud_cover": cover,
        "cloud_scale": u(900, 2600),
        "cirrus": u(0, 1) if weather == "cloudy" and u() < 0.5 else 0.0,
        "wind": u(0, 1) ** 1.5 if terrain != "coast" else u(0.3, 1),
    }


def _snow(
    rng: np.random.Generator, season: str, terrain: str, relief: dict[str, float]
) -> dict[str, float]:
    u = rng.uniform
    if season == "winter":
        return {"snow_line": -50.0, "snow_cover": u(0.85, 1.0)}
    peak = min(relief["mountain_height"], relief["mountain_scale"] * 0.3)
    line = u(0.45, 1.1) * peak + (200 if season == "summer" else 0)
    # Snow of the other seasons lies on peaks alone.
    bare = terrain == "desert" or peak < 100
    return {"snow_line": 9e9 if bare else line, "snow_cover": 0.0}


def sample_scene(
    seed: int,
    *,
    season: str | None = None,
    time: str | None = None,
    weather: str | None = None,
    terrain: str | None = None,
) -> Scene:
    """The landscape of a seed; any attribute can be fixed, the others follow from it."""
    rng = np.random.default_rng([20, seed])
    terrain = terrain or _pick(
        rng, dict.fromkeys(TERRAINS, 1.0) | {"desert": 0.6, "coast": 1.5, "mountains": 1.4}
    )
    season = season or _season(rng, terrain)
    weather = weather or _weather(rng, terrain, season)
    time = time or _time(rng, weather)
    view = _view(rng, terrain)
    eye = float(np.exp(rng.uniform(*np.log(_VIEW_EYE[view]))))
    relief = _relief(rng, terrain)
    values: dict[str, object] = {
        "patch": float(rng.uniform(0, 1000)),
        "eye": eye,
        "fov": float(rng.uniform(34, 62)),
        "horizon": float(rng.uniform(*_horizon(view, terrain))),
        "sun_azimuth": _sun_azimuth(rng, time),
        "sun_elevation": float(rng.uniform(*_SUN[time])),
        **_air(rng, weather, time, terrain, eye),
        **_water(rng, terrain, eye),
        **relief,
        **_snow(rng, season, terrain, relief),
        **_cover(rng, terrain, season, view),
    }
    if values["water"] == "none" and terrain == "coast":
        raise AssertionError("a coast has a sea")
    return Scene(
        seed=seed, season=season, time=time, weather=weather, terrain=terrain, view=view,
        **values,  # type: ignore[arg-type]
    )  # fmt: skip
