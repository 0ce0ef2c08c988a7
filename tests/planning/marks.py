"""Plans that mark the places of their mistakes with `§`."""


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column that each stood at."""
    found: list[tuple[int, int]] = []
    plain = ""
    for number, piece in enumerate(text.split("§")):
        if number:
            before = plain.rpartition("\n")[2]
            found.append((plain.count("\n") + 1, len(before) + 1))
        plain += piece
    return plain, found
