"""The air between the camera and things: blue distance, haze, fog and banks of it."""

import torch
from torch import Tensor

from studio.worlds.batch import Batch
from studio.worlds.clouds import fog_colour
from studio.worlds.march import View
from studio.worlds.noise import fbm, mix
from studio.worlds.sky import Light, radiance, sun_cosine


class Air:
    """Aerial perspective of one batch."""

    def __init__(self, view: View, batch: Batch, light: Light):
        self.view, self.batch, self.light = view, batch, light
        device = batch.device
        haze = batch["haze"][:, None]
        tint = torch.tensor([0.75, 1.0, 1.5], device=device).view(1, 3, 1, 1)
        # Thin air scatters blue most; droplets scatter all colours alike.
        self.extinction = haze * mix(tint, torch.ones_like(tint), (haze * 3000).clamp(0, 1))
        # The air has the colour of the sky at the horizon, without the sun's disc.
        level = torch.full((len(batch), 1, batch.width), 0.012, device=device)
        colour = radiance(light, view.across, level)
        cosine = sun_cosine(light, view.across, level)
        colour = colour + 0.03 * light.sun * torch.exp((cosine - 1) * 60.0)[:, None]
        grey = batch.where("weather", "rain", "snowfall", "overcast")[..., None]
        colour = mix(colour, light.ambient * 0.30, grey)
        glow = 1.0 + 0.9 * cosine.clamp(min=0).pow(24) * (1 - batch["cloud_cover"] * 0.6)
        fog = batch.where("weather", "fog")[..., None]
        self.colour = mix(colour, fog_colour(light) * glow[:, None], fog)
        self.foggy = torch.maximum(batch.where("weather", "fog"), (batch["fog_bank"] > 0).float())
        self.level = torch.sqrt(1 + view.across * view.across)

    def _bank(self, depth: Tensor, distance: Tensor, height: Tensor) -> Tensor:
        """Opacity 0..1 of the low layer of fog between the camera and a height."""
        batch, view = self.batch, self.view
        p = torch.complex(view.across * depth, depth)
        drift = fbm(p, 160.0, 3, batch["patch"], 141, depth * 0.01 + 0.1)
        wisps = (1.0 + 0.45 * drift).clamp(0.2, 2.0)
        top, camera = batch["fog_top"], view.camera
        low, high = torch.minimum(height, camera), torch.maximum(height, camera)
        inside = (torch.minimum(high, top) - low).clamp(min=0.0) / (high - low).clamp(min=0.5)
        inside = torch.where(high < top, torch.ones_like(inside), inside)
        bank = 1 - torch.exp(-batch["fog_bank"] * distance * inside * wisps)
        return bank * (batch["fog_bank"] > 0)

    def veil(self, colour: Tensor, depth: Tensor, height: Tensor) -> Tensor:
        """Colour [B, 3, H, W] of things at a depth and height [B, H, W], seen through the air."""
        distance = depth * self.level
        colour = mix(self.colour, colour, torch.exp(-self.extinction * distance[:, None]))
        if self.batch.any("fog_bank"):
            mist = self.light.ambient * 0.32 + self.light.sun * 0.035
            colour = mix(colour, mist, self._bank(depth, distance, height)[:, None])
        return colour

    def hidden(self, depth: Tensor, height: Tensor) -> Tensor:
        """0..1 [B, H, W]: how much fog (not mere haze) hides of things there."""
        distance = depth * self.level
        clear = torch.exp(-self.batch["haze"] * distance)
        if self.batch.any("fog_bank"):
            clear = clear * (1 - self._bank(depth, distance, height))
        return (1 - clear) * self.foggy
