"""Pydantic's errors as Problems: one a place, in the plan language's words, with the nearest legal spelling.

Neither a sensitive value nor one of `environment` is ever quoted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter

from orchestrator.errors import Problem
from orchestrator.kinds.fields import OFF, Node, is_off
from orchestrator.model import Path, Text, dotted
from orchestrator.planning.fill import RESOURCES, Filled
from orchestrator.planning.legal import keys_at, limits_at, may_be_absent, may_be_off
from orchestrator.planning.mistakes import Mistake, checked
from orchestrator.planning.problems import at
from orchestrator.planning.scalars import NotANumber, resolve
from orchestrator.planning.suggest import counted, did_you_mean
from orchestrator.planning.values import Mark, sort_of, text_of

_LONGEST_QUOTE = 60
_BOOLEANS = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false"}
"""Words that other YAML takes for booleans, and version 1.2 does not."""


def validated(
    adapter: TypeAdapter[Any], value: Any, path: Path, filled: Filled, root: type[Node]
) -> tuple[Any, frozenset[Path]]:
    """`value`, which stands at `path`, as `adapter` makes it; else None and the paths that are wrong, told in `filled`.

    `root` is the model of the whole document. UNRESOLVED values are wrong without another word.
    """
    model, mistakes = checked(adapter, value, path)
    for problem in _Explainer(filled, root).problems(mistakes):
        filled.note(problem)
    return model, frozenset(mistake.path for mistake in mistakes)


# ----------------------------------------------------------------------------------------------------- what was expected


def _words(text: str) -> str:
    """`'S', 'N' or 'B'` without the quotes."""
    return re.sub(r"'([^']*)'", r"\1", text).replace("True", "true").replace("False", "false")


def _limit(number: float) -> str:
    """`1`, not `1.0`."""
    return str(int(number)) if number == int(number) else str(number)


def _number(context: Mapping[str, Any], thing: str = "a number", alone: str = "that is", unit: str = "") -> str:
    """A limit, or both: `a number that is 1 or more`, `a number from 128 to 10240`."""
    least, greatest = (f"{_limit(context[key])}{unit}" if key in context else "" for key in ("ge", "le"))
    if least and greatest:
        return f"{thing} from {least} to {greatest}"
    return f"{thing} {alone} {least} or more" if least else f"{thing} {alone} {greatest} or less"


def _duration(context: Mapping[str, Any]) -> str:
    return _number(context, "a duration", "of", "s")


_EXPECTED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expected": lambda context: str(context["expected"]),
    "shape": lambda context: str(context["expected"]),
    "literal_error": lambda context: _words(context["expected"]),
    "string_type": lambda context: "a string",
    "is_instance_of": lambda context: "a string",
    "string_too_short": lambda context: f"at least {counted(context['min_length'], 'character')}",
    "string_too_long": lambda context: f"at most {counted(context['max_length'], 'character')}",
    "int_type": lambda context: "an integer",
    "float_type": lambda context: "a number",
    "bool_type": lambda context: "true or false",
    "greater_than_equal": _number,
    "less_than_equal": _number,
    "duration": _duration,
    "dict_type": lambda context: "a mapping",
    "tuple_type": lambda context: "a list",
    "too_short": lambda context: f"at least {counted(context['min_length'], 'entry', 'entries')}",
    "too_long": lambda context: f"at most {counted(context['max_length'], 'entry', 'entries')}",
}
_LIMITS = frozenset({"greater_than_equal", "less_than_equal"})
_ALWAYS = frozenset({"too_short", "too_long"})
"""Errors about how many there are, where quoting the value says nothing."""


def _expected(errors: Iterable[Mistake]) -> str:
    """All that might have stood there, each form once."""
    forms: list[str] = []
    for error in errors:
        # What is written as a string and limited as a number is a duration.
        rule = "duration" if error.type in _LIMITS and isinstance(error.value, str) else error.type
        say = _EXPECTED.get(rule)
        form = say(error.context) if say else "another value"
        if form not in forms:
            forms.append(form)
    return ", or ".join(forms)


# ------------------------------------------------------------------------------------------------------------- problems


class _Explainer:
    def __init__(self, filled: Filled, root: type[Node]) -> None:
        self._filled = filled
        self._root = root

    def problems(self, errors: Iterable[Mistake]) -> Iterator[Problem]:
        """One problem a place."""
        said = [error for error in errors if error.value is not Mark.UNRESOLVED]
        places = sorted(said, key=lambda error: ([str(element) for element in error.path], error.in_key))
        for (path, _), group in groupby(places, key=lambda error: (error.path, error.in_key)):
            yield self._problem(path, list(group))

    def _problem(self, path: Path, errors: list[Mistake]) -> Problem:
        first = errors[0]
        if first.type == "repeated":
            return self._repeated(path, first.value)
        secret = next((path[:end] for end in range(len(path) + 1) if path[:end] in self._filled.secret), None)
        if secret is not None:
            return self._secret(secret, errors)
        if first.type == "extra_forbidden":
            return self._unknown_key(path)
        if first.type == "missing":
            message = f"{_shown(path)} is missing."
            return at(self._filled.key_place(path[:-1]), "missing-key", message, "Add it; it is required here.", path)
        if first.in_key:
            message = f"{_shown(path)}: the key `{path[-1]}` is not {_expected(errors)}."
            return at(self._filled.key_place(path), "bad-name", message, _renamed(errors), path)
        return self._wrong_value(path, errors)

    def _repeated(self, path: Path, value: Any) -> Problem:
        entry = f"`{value}`" if isinstance(value, str) else "this value"
        message = f"{_shown(path)}: {entry} stands in this list already."
        return at(self._filled.value_place(path), "repeated-entry", message, "Leave it out.", path)

    def _secret(self, path: Path, errors: list[Mistake]) -> Problem:
        if any(error.type == "shape" and isinstance(error.value, Text) for error in errors):
            return self._misshapen(path, errors)
        message = f"{_shown(path)} can't take the value of a sensitive variable"
        plain = all(error.path == path for error in errors)
        message += f": expected {_expected(errors)}." if plain and not _is_text(errors) else "."
        action = "Sensitive values go into free text only: environment, tags, descriptions, ARNs."
        return at(self._filled.value_place(path), "sensitive-value", message, action, path)

    def _misshapen(self, path: Path, errors: list[Mistake]) -> Problem:
        """A hidden value that may stand there, but for what it says."""
        message = f"{_shown(path)}: expected {_expected(errors)}, which the value of the sensitive variable is not."
        return at(self._filled.value_place(path), "wrong-value", message, "Give another value.", path)

    def _unknown_key(self, path: Path) -> Problem:
        known = keys_at(self._root, path[:-1], self._filled.values)
        action = did_you_mean(str(path[-1]), known, f"Known here: {', '.join(known)}.")
        message = f"{_shown(path)}: there is no key `{path[-1]}` here."
        return at(self._filled.key_place(path), "unknown-key", message, action, path)

    def _within(self, error: Mistake) -> Mistake:
        """An error about one limit with the other one too."""
        if error.type not in _LIMITS:
            return error
        return replace(error, context={**limits_at(self._root, error.path), **error.context})

    def _wrong_value(self, path: Path, errors: list[Mistake]) -> Problem:
        errors = [self._within(error) for error in errors]
        value, expected = errors[0].value, _expected(errors)
        if isinstance(value, Text):
            shaped = any(error.type == "shape" for error in errors)
            return self._misshapen(path, errors) if shaped else self._text(path, value)
        if errors[0].type == "expected" and may_be_absent(self._root, path):
            expected = f"absent or {expected}"
        off = _tries_off(path, errors)
        wrong = " can't be off" if off else ""
        message = f"{_shown(path)}{wrong}: expected {expected}"
        if not all(error.type in _ALWAYS or _holds_together(error) for error in errors):
            message += f", found {_found(value, path)}"
        place = self._filled.key_place(path) if isinstance(value, dict | list) else self._filled.value_place(path)
        advice = _advice(path, errors, expected)
        return at(place, "wrong-value", f"{message}.", self._unset(path, advice) if off else advice, path)

    def _unset(self, path: Path, advice: str) -> str:
        """What to do where `off` was tried: the language has other words for what it can take away."""
        entry = (*path, "NAME")
        gone = "absent" if may_be_absent(self._root, entry) else OFF if may_be_off(self._root, entry) else ""
        return f"Its entries go one by one: `NAME: {gone}`." if gone else f"{advice} Without the key it stays as it is."

    def _text(self, path: Path, value: Text) -> Problem:
        place = self._filled.value_place(path)
        if value.hidden:
            message = f"{_shown(path)} can't take the value of a sensitive variable."
            action = "Sensitive values go into free text only: environment, tags, descriptions, ARNs."
            return at(place, "sensitive-value", message, action, path)
        message = f"{_shown(path)} has to be known before the run; this value is known only while running."
        return at(place, "wrong-value", message, "Use a name or a variable, or write it out.", path)


def _tries_off(path: Path, errors: list[Mistake]) -> bool:
    """Whether a setting of a resource is said to be off that has no such value. What an empty one clears has its own advice."""
    setting = path[2:] and path[0] in RESOURCES
    return bool(setting) and is_off(errors[0].value) and not any("empty" in error.context for error in errors)


def _holds_together(error: Mistake) -> bool:
    """Whether it is about what a mapping holds: that it is one is right."""
    return error.type == "expected" and isinstance(error.value, dict)


def _is_text(errors: list[Mistake]) -> bool:
    return all(error.type in ("string_type", "is_instance_of") for error in errors)


def _shown(path: Path) -> str:
    return dotted(path) or "The plan"


def _found(value: Any, path: Path) -> str:
    text = text_of(value)
    if text is None or "environment" in path or len(text) > _LONGEST_QUOTE:
        return sort_of(value)
    if isinstance(value, str):
        return f"`{text}`" if _unquoted(text) == text else f'the string "{text}"'
    return f"the number {text}" if not isinstance(value, bool) else text


def _unquoted(text: str) -> Any:
    """What a string would be if it stood there without quotes."""
    try:
        return resolve(text)
    except NotANumber:
        return text


# ---------------------------------------------------------------------------------------------------------- what to do


def _renamed(errors: list[Mistake]) -> str:
    example = _example(errors)
    return f"Rename it; `{example}` would do." if example else "Rename it."


def _advice(path: Path, errors: list[Mistake], expected: str) -> str:
    """What to do about a wrong value: the word that was meant, quotes or none, an example, or leaving null out."""
    value = errors[0].value
    if value is Mark.NULL:
        return "Leave the key out where nothing is to be said; `off`, {} and [] clear things."
    if empty := next((error.context["empty"] for error in errors if "empty" in error.context), ""):
        return f"Write {_written(path, empty)}, which clears it."
    if isinstance(value, str) and (said := _without_quotes(path, value, errors, expected) or _meant(value, expected)):
        return said
    if example := _example(errors):
        return f"Write it like this: {_written(path, example)}."
    if isinstance(value, int | Decimal) and _wants_quotes(expected.removeprefix("absent or "), str(text_of(value))):
        return f'Put it in quotes: "{text_of(value)}".'
    return f"Write {expected.replace(', …', ' and others')}."


def _wants_quotes(expected: str, number: str) -> bool:
    versions = expected.startswith("published, a version number")
    return expected.startswith("a string") or (versions and re.fullmatch("[1-9][0-9]*", number) is not None)


def _without_quotes(path: Path, text: str, errors: list[Mistake], expected: str) -> str:
    """For a string that was meant as a number or a boolean."""
    plain, boolean = _unquoted(text), re.search(r"\btrue\b", expected) is not None
    number = any(error.type in ("int_type", "float_type") for error in errors)
    if (boolean and isinstance(plain, bool)) or (number and isinstance(plain, int) and not isinstance(plain, bool)):
        return f"Write it without quotes: {_written(path, text)}."
    if number and (megabytes := re.fullmatch("([0-9]{1,9}) ?MB", text)):
        return f"Write the number alone: {_written(path, megabytes[1])}."
    if boolean and text.lower() in _BOOLEANS:
        right = _written(path, _BOOLEANS[text.lower()])
        return f"Write {right}; in YAML 1.2 `{text}` is a string like any other."
    return ""


def _meant(text: str, expected: str) -> str:
    """Words to write stand alone between commas and "or"; phrases describe what is meant."""
    forms = re.split(r", or | or |, | in quotes", expected.partition("a mapping of ")[0])
    return did_you_mean(text, [form for form in forms if re.fullmatch(r"[A-Za-z$][A-Za-z0-9_]*", form)])


def _example(errors: list[Mistake]) -> str:
    return next((error.context["example"] for error in errors if "example" in error.context), "")


def _written(path: Path, value: str) -> str:
    """A value as it stands in a plan: behind its key, or in a list."""
    return f"`{path[-1]}: {value}`" if path and isinstance(path[-1], str) else f"`{value}`"
