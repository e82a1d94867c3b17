"""The colour of the air: single scattering by molecules, dust and ozone along every view ray.

The coefficients are those of Earth's air at sea level (per metre, for red, green and blue);
the integral is done numerically on a small grid of directions and looked up per pixel.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from studio.worlds.batch import Batch

RAYLEIGH = (5.8e-6, 13.6e-6, 33.1e-6)
OZONE = (0.65e-6, 1.88e-6, 0.085e-6)
MIE = 5.0e-6
EARTH, AIR = 6.371e6, 6.0e4  # radius and height of the atmosphere
_ELEVATIONS, _AZIMUTHS = 40, 24
_STEPS, _LIGHT_STEPS = 14, 5


@dataclass(frozen=True)
class Light:
    """What lights the scenes, linear RGB [B, 3, 1, 1] unless said otherwise.

    ``sun`` is the sun's irradiance at the ground, ``ambient`` the mean of the sky's upper half,
    ``direction`` [B, 3] the unit vector to the sun (x right, y up, z ahead), ``table``
    [B, 3, E, A] the radiance of the sky, ``exposure`` [B, 1, 1, 1] the camera's.
    """

    sun: Tensor
    ambient: Tensor
    direction: Tensor
    table: Tensor
    exposure: Tensor
    low_sun: Tensor


def _rgb(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device)


def _depths(height: Tensor, turbidity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Densities of molecules, dust and ozone at heights in metres, relative to sea level."""
    ozone = (1.0 - (height - 25000.0).abs() / 15000.0).clamp(min=0.0)
    return torch.exp(-height / 8000.0), torch.exp(-height / 1200.0) * turbidity, ozone


def _extinction(rayleigh: Tensor, mie: Tensor, ozone: Tensor) -> Tensor:
    device = rayleigh.device
    return (
        rayleigh[..., None] * _rgb(RAYLEIGH, device)
        + mie[..., None] * (MIE * 1.1)
        + ozone[..., None] * _rgb(OZONE, device) * 1.7
    )


def _reach(height: Tensor, cosine: Tensor) -> Tensor:
    """Distance to the top of the air from a height along a ray of that zenith cosine."""
    r = height + EARTH
    return -r * cosine + torch.sqrt(r * r * (cosine * cosine - 1.0) + (EARTH + AIR) ** 2)


def _sunlight(height: Tensor, cosine: Tensor, turbidity: Tensor) -> Tensor:
    """Share of sunlight [..., 3] that reaches a height, 0 where the Earth hides the sun."""
    length = _reach(height, cosine) / _LIGHT_STEPS
    total = torch.zeros((*cosine.shape, 3), device=cosine.device)
    r = height + EARTH
    for step in range(_LIGHT_STEPS):
        t = length * (step + 0.5)
        h = torch.sqrt(r * r + t * t + 2.0 * r * t * cosine) - EARTH
        total += _extinction(*_depths(h.clamp(min=0.0), turbidity)) * length[..., None]
    # The edge of the Earth's shadow is soft, for the sun is no point.
    closest = r * torch.sqrt((1.0 - cosine * cosine).clamp(min=0.0)) - EARTH
    hidden = torch.where(cosine < 0.0, torch.sigmoid(closest / 1500.0 + 1.0), 1.0)
    return torch.exp(-total) * hidden[..., None]


def _table(elevation: Tensor, turbidity: Tensor) -> Tensor:
    """Sky radiance [B, 3, E, A] for sun elevations [B, 1, 1] in radians.

    Rows run over the square root of view elevation 0..90 degrees, columns over 0..180 degrees
    of azimuth from the sun.
    """
    device = elevation.device
    view = (torch.linspace(0, 1, _ELEVATIONS, device=device) ** 2 * (math.pi / 2)).view(1, -1, 1)
    around = torch.linspace(0, math.pi, _AZIMUTHS, device=device).view(1, 1, -1)
    view = view.clamp(min=0.004)
    cosine = torch.sin(view) * torch.sin(elevation) + torch.cos(view) * torch.cos(
        elevation
    ) * torch.cos(around)
    start = torch.full_like(cosine, 200.0)
    reach = _reach(start, torch.sin(view).expand_as(cosine))
    phase_r = 0.0597 * (1.0 + cosine * cosine)
    g = 0.76
    phase_m = 0.1194 * (1 - g * g) * (1 + cosine * cosine) / (2 + g * g)
    phase_m = phase_m / (1 + g * g - 2 * g * cosine).clamp(min=1e-3).pow(1.5)
    total = torch.zeros((*cosine.shape, 3), device=device)
    seen = torch.zeros_like(total)
    edges = torch.linspace(0, 1, _STEPS + 1) ** 2  # finer near the camera, where air is dense
    sine_view, sine_sun = torch.sin(view), torch.sin(elevation)
    for step in range(_STEPS):
        t = reach * float((edges[step] + edges[step + 1]) / 2)
        length = reach * float(edges[step + 1] - edges[step])
        r0 = EARTH + 200.0
        r = torch.sqrt(r0 * r0 + t * t + 2 * r0 * t * sine_view)
        height = (r - EARTH).clamp(min=0.0)
        rayleigh, mie, ozone = _depths(height, turbidity)
        part = _extinction(rayleigh, mie, ozone) * length[..., None]
        # Zenith cosine of the sun as seen from the point along the ray.
        sun_cosine = (r0 * sine_sun + t * cosine) / r
        light = _sunlight(height, sun_cosine.clamp(-0.99, 0.999), turbidity)
        scatter = (rayleigh * phase_r)[..., None] * _rgb(RAYLEIGH, device)
        scatter = scatter + (mie * phase_m)[..., None] * MIE
        # Light scattered more than once comes from all sides, and keeps shadowed air blue.
        again = (rayleigh[..., None] * _rgb(RAYLEIGH, device) + mie[..., None] * MIE) * 0.055
        total += torch.exp(-(seen + part * 0.5)) * (scatter + again) * light * length[..., None]
        seen += part
    return total.permute(0, 3, 1, 2) * 20.0


def make_light(batch: Batch) -> Light:
    """The light of every scene of the batch."""
    device = batch.device
    elevation, azimuth = torch.deg2rad(batch["sun_elevation"]), torch.deg2rad(batch["sun_azimuth"])
    turbidity = batch["turbidity"]
    table = _table(elevation, turbidity)
    twilight = torch.sigmoid(-(batch["sun_elevation"] + 1.0) * 1.5)[..., None]
    table = table + twilight * _rgb((0.006, 0.011, 0.028), device).view(1, 3, 1, 1)
    flat = elevation.reshape(-1)
    high = torch.full_like(flat, 300.0)
    direct = _sunlight(high, torch.sin(flat).clamp(min=0.02), turbidity.reshape(-1))
    direct = direct * 20.0 * torch.sigmoid((batch["sun_elevation"].reshape(-1, 1) + 0.8) * 2.5)
    covered = _covered(batch).reshape(-1, 1, 1, 1)
    # The eye, like a camera's white balance, takes part of the redness away.
    direct = direct * 0.58 + direct.mean(1, keepdim=True) * 0.42
    sun = direct.view(-1, 3, 1, 1) * (1.0 - covered)
    # Rows are spaced by the square of elevation; weigh them by solid angle.
    rows = torch.linspace(0, 1, _ELEVATIONS, device=device)
    angle = rows * rows * (math.pi / 2)
    weight = (rows * torch.cos(angle) * torch.sin(angle).clamp(min=0.1)).view(1, 1, -1, 1)
    mean = (table * weight).sum((2, 3), keepdim=True) / (weight.sum() * _AZIMUTHS)
    grey = (mean + direct.view(-1, 3, 1, 1) * 0.05).mean(1, keepdim=True)
    ambient = mean * 3.0 * (1 - covered) + (mean * 0.5 + grey * 1.0) * 2.4 * covered
    direction = torch.cat(
        [
            torch.cos(elevation) * torch.sin(azimuth),
            torch.sin(elevation),
            torch.cos(elevation) * torch.cos(azimuth),
        ],
        -1,
    )[:, 0]
    level = (sun * torch.sin(elevation).clamp(min=0.12)[..., None] + ambient).mean(1, keepdim=True)
    # The eye half adapts: dusk stays darker than noon.
    exposure = 1.65 * (level / 6.0).pow(-0.72) / 6.0
    low = torch.sigmoid((14.0 - batch["sun_elevation"]) * 0.5)[..., None]
    return Light(sun, ambient, direction, table, exposure, low)


def _covered(batch: Batch) -> Tensor:
    """0..1 [B, 1, 1]: how much of the sun thick weather takes away."""
    grey = batch.where("weather", "overcast", "rain", "snowfall")
    return (grey * 0.97 + batch.where("weather", "fog") * 0.75).clamp(max=1.0)


def directions(batch: Batch, rows: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Slopes float32 of the view rays of pixel rows: right/ahead [B, 1, W], up/ahead [B, h, 1]."""
    device, height, width = batch.device, batch.height, batch.width
    focal = height * 0.5 / torch.tan(torch.deg2rad(batch["fov"]) * 0.5)
    x = torch.arange(width, device=device, dtype=torch.float32).view(1, 1, -1) + 0.5
    y = torch.arange(*rows, device=device, dtype=torch.float32).view(1, -1, 1) + 0.5
    return (x - width * 0.5) / focal, (batch["horizon"] * height - y) / focal


def radiance(light: Light, across: Tensor, up: Tensor) -> Tensor:
    """Sky radiance [B, 3, h, W] along rays of slopes across [B, 1, W] and up [B, h, W]."""
    across = across.expand_as(up)
    level = torch.sqrt(1.0 + across * across)
    elevation = torch.atan2(up.clamp(min=0.0), level)
    sun_angle = torch.atan2(light.direction[:, 0], light.direction[:, 2]).view(-1, 1, 1)
    azimuth = torch.atan2(across, torch.ones_like(across)) - sun_angle
    azimuth = torch.acos(torch.cos(azimuth).clamp(-1, 1))
    grid = torch.stack(
        [azimuth / math.pi * 2 - 1, torch.sqrt(elevation / (math.pi / 2)) * 2 - 1], -1
    )
    return F.grid_sample(light.table, grid, align_corners=True, padding_mode="border")


def sun_cosine(light: Light, across: Tensor, up: Tensor) -> Tensor:
    """Cosine [B, h, W] between view rays and the sun."""
    norm = torch.rsqrt(1.0 + across * across + up * up)
    d = light.direction.view(-1, 3, 1, 1)
    return (across * d[:, 0] + up * d[:, 1] + d[:, 2]) * norm


def glow(light: Light, cosine: Tensor) -> Tensor:
    """Radiance [B, 3, h, W] of the sun's disc and the bright air around it."""
    away = (1.0 - cosine).clamp(min=0.0)
    disc = torch.sigmoid((5.5e-5 - away) * 2.5e5) * 10.0
    halo = 0.22 * torch.exp(-away * 900.0) + 0.05 * torch.exp(-away * 60.0)
    return (disc + halo)[:, None] * light.sun
