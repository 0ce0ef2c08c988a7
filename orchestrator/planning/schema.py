"""The JSON Schema of a plan file, made from the models that the loader itself uses; for editors."""

from typing import Any

from orchestrator.planning.document import Document, VariableSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "orchestrator plan, version 1"
REFERENCE = {
    "type": "string",
    "pattern": r"(^|[^$])\$\{",
    "description": "A value with a reference, such as ${var.stage} or ${tables.orders.name}.",
}
LITERAL = ("version", "plan", "variables")
"""Top-level keys in which references do not work."""

Schema = dict[str, Any]


def schema() -> Schema:
    """A plan file as JSON Schema 2020-12. Wherever references work, a value of another type may also be one."""
    made = Document.model_json_schema()
    definitions = made.pop("$defs")
    admitting = {name: _admitting(one) for name, one in definitions.items()}
    admitting[VariableSpec.__name__] = _literal(definitions[VariableSpec.__name__])
    document = _admitting(made)
    document["properties"] |= {name: _closed(_plain(made["properties"][name])) for name in LITERAL}
    return {"$schema": DIALECT} | document | {"title": TITLE, "$defs": admitting | {"Reference": REFERENCE}}


def _admitting(node: Schema) -> Schema:
    """The same schema with references admitted in every place for a value below it."""
    out: Schema = {}
    for key, inner in node.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: _value(one) for name, one in inner.items()}
        elif key in ("additionalProperties", "items") and isinstance(inner, dict):
            out[key] = _value(inner)
        elif key in ("anyOf", "oneOf"):
            out["anyOf"] = [_admitting(one) for one in inner]
        else:
            out[key] = inner
    return _closed(out)


def _literal(node: Schema) -> Schema:
    """The same model without references in it."""
    return node | {"properties": {name: _plain(one) for name, one in node["properties"].items()}}


def _closed(node: Schema) -> Schema:
    """Where only some keys are names, no others are admitted."""
    return node | {"additionalProperties": False} if "patternProperties" in node else node


def _value(node: Schema) -> Schema:
    """One place for a value: as it is, or a reference. Free strings admit references anyway; null is never a value."""
    node = _plain(_admitting(node))
    if node.get("type") == "string" and not {"enum", "pattern", "maxLength", "minLength"} & node.keys():
        return node
    about = {key: node.pop(key) for key in ("default", "description") if key in node}
    return about | {"anyOf": [*(node["anyOf"] if set(node) == {"anyOf"} else [node]), {"$ref": "#/$defs/Reference"}]}


def _plain(node: Schema) -> Schema:
    """A field without what pydantic adds for Python's sake: its title, empty defaults, and `null`, an error in a plan."""
    node = {key: value for key, value in node.items() if key != "title"}
    if not isinstance(node.get("default"), str | bool | int):
        node.pop("default", None)
    if "anyOf" not in node:
        return node
    forms = [form for form in node["anyOf"] if form != {"type": "null"}]
    if len(forms) == 1:
        return {**{key: value for key, value in node.items() if key != "anyOf"}, **forms[0]}
    return node | {"anyOf": forms}
