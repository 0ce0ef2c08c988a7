"""Which settings functions of one package type have and those of the other don't (fact sheet 11.6)."""

from orchestrator.kinds.function.spec import FunctionSpec

EPHEMERAL = 512
"""MB that a function with SnapStart may have at most (fact sheet 11.12)."""


def of_zips(spec: FunctionSpec) -> tuple[str, ...]:
    """What `spec` states that only a function made of a zip has."""
    code = ("code",) if spec.code is not None and spec.code.image is None else ()
    return (*code, *(name for name in ("runtime", "handler", "layers") if getattr(spec, name) is not None))


def of_images(spec: FunctionSpec) -> tuple[str, ...]:
    """What `spec` states that only a function made of a container image has."""
    code = ("code",) if spec.code is not None and spec.code.image is not None else ()
    return (*code, *(("image",) if spec.image is not None else ()))
