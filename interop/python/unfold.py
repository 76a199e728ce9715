"""Writes the API document with what it leaves out for readers, so that the fuzzer calls it too: HEAD wherever there is GET,
the short names of paths, and the methods that are answered like GET."""

import copy
import json
import sys

import yaml

METHODS = ("get", "post", "put", "patch", "delete")


def resolved(document, value):
    while "$ref" in value:
        name = value["$ref"].removeprefix("#/")
        value = document
        for part in name.split("/"):
            value = value[part]
    return value


def named(operation, name):
    return {**copy.deepcopy(operation), "operationId": name}


def head_of(document, get):
    """As GET, without the body."""
    head = named(get, get["operationId"].replace("get_", "head_", 1))
    for status, response in head["responses"].items():
        head["responses"][status] = {k: v for k, v in resolved(document, response).items() if k != "content"}
    return head


def for_the_fuzzer(document):
    """What only the fuzzer is told: where tokens come from, so that it knows that credentials may be refused there; and no
    example that it could not send."""
    for path in ("/token", "/connect/token"):
        flows = {"clientCredentials": {"tokenUrl": document["servers"][0]["url"] + path, "scopes": {}}}
        document["components"]["securitySchemes"][path[1:].replace("/", "-")] = {"type": "oauth2", "flows": flows}
    for item in document["paths"].values():
        content = item.get("post", {}).get("requestBody", {}).get("content", {})
        content.get("application/pdf", {}).pop("example", None)


def unfold(document):
    for_the_fuzzer(document)
    for item in document["paths"].values():
        for method in item.pop("x-methods-as-get", []):
            item[method] = named(item["get"], item["get"]["operationId"].replace("get_", f"{method}_", 1))
        if "get" in item:
            item["head"] = head_of(document, item["get"])
    for path, item in list(document["paths"].items()):
        for alias in item.pop("x-aliases", []):
            copied = copy.deepcopy(item)
            for method in (*METHODS, "head"):
                if method in copied:
                    copied[method]["operationId"] += alias.replace("/", "_at_")
            document["paths"][alias] = copied
    return document


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        json.dump(unfold(yaml.safe_load(file)), sys.stdout, default=str)
