"""How something is to be shown: what a renderer may know beside the thing itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """How to show it; documents show all of it always.

    `color`: mark up for a terminal. `width`: its columns, None where there is none; lines that hold several facts are
    broken between them, not by the terminal. `requests`: every API request in full. `advice`: what a reader may do next,
    in a sentence, where the renderer cannot know it (the command line does).
    """

    color: bool = False
    width: int | None = None
    requests: bool = False
    advice: str = ""


PLAIN = View()
