"""An upscaler without torch."""
