"""Files of items, which a seed names: JSON lines and CSV are read line by line, however large they are; JSON and YAML whole.

`check` reads a file once and tells all that is wrong with it; the SeedFile that it gives reads it anew each time.
"""

from orchestrator.planning.seeds.file import SUFFIXES, SeedFile, check

__all__ = ["SUFFIXES", "SeedFile", "check"]
