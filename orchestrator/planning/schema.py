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
    admitting = {name: one if name == VariableSpec.__name__ else _admitting(one) for name, one in definitions.items()}
    document = _admitting(made)
    document["properties"] |= {name: _without_null(made["properties"][name]) for name in LITERAL}
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
    if "patternProperties" in out:
        out["additionalProperties"] = False
    return out


def _value(node: Schema) -> Schema:
    """One place for a value: as it is, or a reference. Free strings admit references anyway; null is never a value."""
    node = _without_null(_admitting(node))
    if node.get("type") == "string" and not {"enum", "pattern", "maxLength", "minLength"} & node.keys():
        return node
    about = {key: node.pop(key) for key in ("default", "description", "title") if key in node}
    return about | {"anyOf": [*(node["anyOf"] if set(node) == {"anyOf"} else [node]), {"$ref": "#/$defs/Reference"}]}


def _without_null(node: Schema) -> Schema:
    """An optional field may be left out, but `null` is an error in a plan."""
    node = dict(node)
    if node.get("default", ...) is None:
        del node["default"]
    if "anyOf" not in node:
        return node
    forms = [form for form in node["anyOf"] if form != {"type": "null"}]
    if len(forms) == 1:
        return {**{key: value for key, value in node.items() if key != "anyOf"}, **forms[0]}
    return node | {"anyOf": forms}
