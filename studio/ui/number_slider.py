"""A slider with a typed number: drag, wheel, type, double-click for the default."""

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from studio.app.setting import Setting
from studio.ui.panel_scroll import PanelFraction, PanelSlider


class _JumpingSlider(PanelSlider):
    """A slider whose handle comes to the pointer; a double-click asks for its default."""

    default_wanted = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
            )
            if not handle.adjusted(-4, -8, 4, 8).contains(event.position().toPoint()):
                reach = max(1, self.width() - handle.width())
                along = (event.position().x() - handle.width() / 2) / reach
                span = self.maximum() - self.minimum()
                self.setValue(round(self.minimum() + along * span))
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.default_wanted.emit()
        event.accept()


class NumberSlider(QWidget):
    """The control of one numeric setting. ``changed(value)`` follows what the person does.

    The value of an optional setting is None until the person chooses; meanwhile ``fallback``, the
    model's own value, is shown in a quieter colour.
    """

    changed = Signal(object)

    def __init__(
        self,
        setting: Setting,
        parent: QWidget | None = None,
        *,
        title: str = "",
        help_text: str = "",
        suffix: str = "",
    ) -> None:
        super().__init__(parent)
        assert setting.low is not None
        assert setting.high is not None
        self._setting = setting
        self._value: float | None = setting.default
        self._fallback: float | None = None
        title = title or setting.shown_title
        help_text = help_text or setting.shown_help
        self.label = QLabel(title)
        self.label.setProperty("role", "label")
        self.number = PanelFraction()
        self.number.setRange(setting.low, setting.high)
        self.number.setSingleStep(setting.step)
        self.number.setDecimals(0 if setting.kind is int else (2 if setting.step < 0.1 else 1))
        self.number.setSuffix(suffix)
        self.number.setFixedWidth(64)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setKeyboardTracking(False)
        self.slider = _JumpingSlider(Qt.Orientation.Horizontal)
        self._low = setting.low if setting.slider_low is None else setting.slider_low
        high = setting.high if setting.slider_high is None else setting.slider_high
        self.slider.setRange(0, round((high - self._low) / setting.step))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.label.setBuddy(self.number)
        for widget in (self.number, self.slider):
            widget.setAccessibleName(title)
            widget.setToolTip(self.tr("%s. Double-click for the default.") % help_text)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(2)
        layout.addWidget(self.label, 0, 0, 1, 2)
        layout.addWidget(self.slider, 1, 0)
        layout.addWidget(self.number, 1, 1)
        self.number.valueChanged.connect(self._typed)
        self.slider.valueChanged.connect(self._slid)
        self.slider.default_wanted.connect(self.reset)
        self.label.installEventFilter(self)
        self._show()

    def value(self) -> float | None:
        return self._value

    def set_value(self, value: float | None) -> None:
        """Show a value; emits nothing."""
        self._value = value
        self._show()

    def set_fallback(self, value: float | None) -> None:
        """What the model takes by itself while the person has chosen nothing."""
        self._fallback = value
        self._show()

    def reset(self) -> None:
        """Back to the setting's default, as if the person had chosen it."""
        self._take(self._setting.default)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.label and event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        return super().eventFilter(watched, event)

    def _typed(self, value: float) -> None:
        self._take(self._setting.kind(value))

    def _slid(self, position: int) -> None:
        value = self._low + position * self._setting.step
        self._take(round(value) if self._setting.kind is int else round(value, 4))

    def _take(self, value: float | None) -> None:
        if value != self._value:
            self._value = value
            self.changed.emit(value)
        self._show()

    def _show(self) -> None:
        shown = self._value if self._value is not None else self._fallback
        with QSignalBlocker(self.number), QSignalBlocker(self.slider):
            self.number.setSpecialValueText("–" if shown is None else "")  # shown at the minimum
            if shown is not None:
                self.number.setValue(shown)
                self.slider.setValue(round((shown - self._low) / self._setting.step))
        quiet = self._value is None
        if self.number.property("quiet") != quiet:
            self.number.setProperty("quiet", quiet)
            self.number.style().unpolish(self.number)
            self.number.style().polish(self.number)
