"""Colour, or none: the same words either way. Codes are the eight of ECMA-48, which every terminal knows."""

from dataclasses import dataclass

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

ACTION_COLORS = {"create": "green", "update": "yellow", "delete": "red", "wait": "cyan", "run": "cyan"}
LEVEL_COLORS = {"error": "red", "warning": "yellow", "notice": "cyan"}


@dataclass(frozen=True, slots=True)
class Paint:
    on: bool

    def __call__(self, color: str, text: str) -> str:
        return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if self.on and text else text
