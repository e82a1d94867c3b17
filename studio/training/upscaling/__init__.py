"""Training and measuring the upscaler: pictures of every kind, made here and then damaged."""
