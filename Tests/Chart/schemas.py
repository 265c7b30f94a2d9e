"""Prints the types of the Kubernetes API as JSON schemas, strict ones: a field that the API does not have is an error.

They are those of Debian's python3-kubernetes, which is generated of the API's own OpenAPI document (Kubernetes 1.22).
"""
import inspect
import json
import re

from kubernetes.client import models

PLAIN = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "datetime": "string", "date": "string"}


def schema_of(name):
    if name in PLAIN:
        return {"type": PLAIN[name]}
    if name == "object":  # any JSON, or a number or a text (IntOrString)
        return {}
    if match := re.fullmatch(r"list\[(.*)\]", name):
        return {"type": "array", "items": schema_of(match[1])}
    if match := re.fullmatch(r"dict\(str, (.*)\)", name):
        return {"type": "object", "additionalProperties": schema_of(match[1])}
    return {"$ref": f"#/definitions/{name}"}


definitions = {}
for name, model in inspect.getmembers(models, inspect.isclass):
    required = re.findall(r"Invalid value for `(\w+)`, must not be `None`", inspect.getsource(model))
    definitions[name] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {model.attribute_map[field]: schema_of(kind) for field, kind in model.openapi_types.items()},
        "required": sorted({model.attribute_map[field] for field in required}),
    }
print(json.dumps(definitions))
