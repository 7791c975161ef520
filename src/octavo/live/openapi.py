"""The receiver's own OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from octavo.networks.recognition import KINDS

if TYPE_CHECKING:
    from octavo.live.config import Config, Secret

JSON = "application/json"

REFUSALS = {
    "400": "No JSON, or no message that a network sends.",
    "401": "The secret is missing or wrong.",
    "404": "Nobody knows the device, and the configuration says to refuse such messages.",
    "405": "The path is one of the pages.",
    "408": "The body took too long.",
    "413": "The body is too long.",
    "415": "The body is protocol buffers, or compressed.",
    "503": "The message cannot be kept now.",
}

KEPT = {
    "type": "object",
    "required": ["id", "kind", "duplicate"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "kind": {"enum": sorted(KINDS)},
        "duplicate": {"type": "boolean"},
    },
}

ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["name", "message"],
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}

OK = {
    "type": "object",
    "required": ["status"],
    "additionalProperties": False,
    "properties": {"status": {"const": "ok"}},
}

EXAMPLES = {
    "v3": {
        "summary": "The Things Stack",
        "value": {
            "end_device_ids": {"device_id": "ht-1", "application_ids": {"application_id": "app1"}},
            "received_at": "2026-01-01T12:00:00Z",
            "uplink_message": {"f_port": 2, "frm_payload": "AQID"},
        },
    },
    "v2": {
        "summary": "The Things Network v2",
        "value": {
            "app_id": "app1",
            "dev_id": "ht_1",
            "port": 2,
            "counter": 7,
            "payload_raw": "AQID",
            "metadata": {"time": "2020-01-01T12:00:00Z"},
        },
    },
    "chirpstack4": {
        "summary": "ChirpStack v4, with ?event=up",
        "value": {
            "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
            "deviceInfo": {"devEui": "0102030405060708", "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75"},
            "fPort": 2,
            "data": "AQID",
        },
    },
}


def document(config: Config, root_path: str = "") -> dict[str, Any]:
    """The document.

    Args:
        config: the configuration; what a sender must know is told, never what it is.
        root_path: under which path the application is mounted.
    """
    schemes = {name: scheme for secret in config.secrets for name, scheme in [_scheme(secret)]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "octavo serve",
            "version": "1",
            "summary": "Receives the messages of LoRaWAN network servers.",
            "description": "Messages of any kind come on any path, also on several at once. The body tells what it is.",
        },
        "servers": [{"url": root_path or "/"}],
        "paths": {
            "/{path}": {
                "parameters": [
                    {
                        "name": "path",
                        "in": "path",
                        "required": True,
                        "description": "Anything but the names of the pages below; the root path, too.",
                        "schema": {"type": "string", "not": {"enum": ["healthz", "readyz", "metrics", "openapi.json"]}},
                    },
                    {
                        "name": "event",
                        "in": "query",
                        "required": False,
                        "description": "Which event of ChirpStack the body is.",
                        "schema": {"type": "string"},
                    },
                ],
                "post": _receive(config, schemes, "postMessage"),
                "put": _receive(config, schemes, "putMessage"),
            },
            "/healthz": {"get": _page("health", "The process lives.")},
            "/readyz": {"get": _page("ready", "The store takes writes, and the worker lives.", unavailable=True)},
            "/metrics": {"get": _text_page()},
            "/openapi.json": {"get": _page("openapi", "This document.", schema={"type": "object"})},
        },
        "components": {
            "schemas": {"Kept": KEPT, "Error": ERROR, "Status": OK},
            "securitySchemes": schemes,
        },
    }


def _receive(config: Config, schemes: dict[str, Any], name: str) -> dict[str, Any]:
    left_out = {"404"} if config.unknown == "keep" else set()
    left_out |= {"401"} if not config.secrets else set()
    refusals = {code: _error(text) for code, text in REFUSALS.items() if code not in left_out}
    return {
        "operationId": name,
        "summary": "Have a message kept.",
        "security": [{scheme: []} for scheme in schemes],
        "requestBody": {"required": True, "content": {JSON: {"schema": {}, "examples": EXAMPLES}}},
        "responses": {"200": _json("It is kept, or was before.", "Kept"), **refusals},
    }


def _page(name: str, text: str, *, unavailable: bool = False, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    good = {"description": text, "content": {JSON: {"schema": schema}}} if schema else _json(text, "Status")
    bad = {"503": _error("Not now.")} if unavailable else {}
    return {"operationId": name, "summary": text, "responses": {"200": good, **bad}}


def _text_page() -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    text = "Counts for Prometheus."
    return {"operationId": "metrics", "summary": text, "responses": {"200": {"description": text, "content": content}}}


def _json(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _error(text: str) -> dict[str, Any]:
    return _json(text, "Error")


def _scheme(secret: Secret) -> tuple[str, dict[str, str]]:
    """The security scheme that a secret is."""
    if secret.type in ("basic", "bearer"):
        return secret.type, {"type": "http", "scheme": secret.type}
    return secret.name, {"type": "apiKey", "in": "header", "name": secret.name}
