"""Sizes in pixels."""

from dataclasses import dataclass

SMALLEST_SIDE = 64
LARGEST_SIDE = 4096


@dataclass(frozen=True, order=True)
class Size:
    """Width and height in pixels, both positive."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"A size must be positive, not {self.width}x{self.height}.")

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read "512x384" (or "512" for a square); raises ValueError with a sentence."""
        parts = text.lower().replace("×", "x").split("x")
        if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
            raise ValueError(f"“{text}” is not a size; write it as WIDTHxHEIGHT, such as 512x384.")
        return cls(int(parts[0]), int(parts[-1]))

    def fitted(self, multiple: int) -> "Size":
        """The nearest size whose sides are multiples of ``multiple`` within the allowed range."""

        def fit(side: int) -> int:
            low = -(-SMALLEST_SIDE // multiple) * multiple
            high = LARGEST_SIDE // multiple * multiple
            return min(max(round(side / multiple) * multiple, low), high)

        return Size(fit(self.width), fit(self.height))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"
