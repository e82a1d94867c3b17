"""An engine without torch, in the shape of studio.engine."""
