"""What the command line promises and this release does not have yet: said in a sentence, never half done."""

import difflib
from collections.abc import Iterable

COMMANDS = (
    "graph",
    "import",
    "rehearse",
    "export",
)
OPTIONS = ("--target", "--tables", "--functions")
FORMATS = ("markdown", "html", "mermaid", "dot", "svg", "github", "sarif", "junit")
SUFFIXES = (".md", ".html", ".htm", ".svg", ".dot", ".mmd", ".sarif", ".xml")
DANGEROUS_VARIABLES = ("ORCHESTRATOR_TARGET",)
"""Environment variables of later options that narrow or hold back a run: to overlook one would do more than was asked."""


def comes_later(what: str) -> str:
    return f"{what} comes with a later release."


def nearest(word: str, words: Iterable[str]) -> str:
    """` Did you mean …?`, or nothing where nothing is near."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.65)
    return f" Did you mean {found[0]}?" if found else ""
