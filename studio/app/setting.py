"""What one row of the settings says of a thing that can be set."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.app.translation import translated


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing that can be set.

    ``kind`` is the type of the value; ``optional`` ones may be None, which means "the model's own".
    ``low`` and ``high`` bound numbers, ``step`` is what one notch of the wheel changes;
    ``slider_low`` and ``slider_high`` end a slider earlier than typed numbers. ``choices`` are
    (value, title) pairs. ``check`` brings a value into shape, raising ValueError, where kind and
    bounds do not say it all. ``page`` names the heading under which the preferences show the row;
    rows without a page live in a panel or in the window itself. ``picture`` rows belong to a
    picture's recipe and come back with it.
    """

    key: str
    kind: type
    default: Any
    title: str = ""
    help: str = ""
    optional: bool = False
    low: float | None = None
    high: float | None = None
    slider_low: float | None = None
    slider_high: float | None = None
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()
    page: str = ""
    picture: bool = False
    check: Callable[[Any], Any] | None = None

    @property
    def shown_title(self) -> str:
        return translated("Settings", self.title)

    @property
    def shown_help(self) -> str:
        return translated("Settings", self.help)

    @property
    def shown_page(self) -> str:
        return translated("Settings", self.page)

    @property
    def shown_choices(self) -> tuple[tuple[str, str], ...]:
        return tuple((value, translated("Settings", title)) for value, title in self.choices)

    def accepted(self, value: Any) -> Any:
        """``value`` in the row's own type and range; raises ValueError if it can't be that."""
        if value is None:
            if self.optional:
                return None
            raise ValueError(f"{self.key} needs a value")
        if self.check is not None:
            try:
                return self.check(value)
            except ValueError as error:
                raise ValueError(f"{self.key}: {error}") from error
        if self.kind is bool:
            if not isinstance(value, bool):
                raise ValueError(f"{self.key} is yes or no, not {value!r}")
            return value
        if self.kind in (int, float):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"{self.key} is a number, not {value!r}")
            if value != value:
                raise ValueError(f"{self.key} is not a number")
            low = self.low if self.low is not None else value
            high = self.high if self.high is not None else value
            return self.kind(min(max(value, low), high))
        if not isinstance(value, self.kind):
            raise ValueError(f"{self.key} is {self.kind.__name__}, not {value!r}")
        if self.choices and value not in {key for key, _ in self.choices}:
            raise ValueError(f"{self.key} has no choice {value!r}")
        return value
