"""The diffusion engine: schedules, samplers, networks and generation; torch, never Qt."""
