"""A connector's configuration: checked when it is given, kept in two halves, the secret one sealed."""

import json
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from app.connectors import get_connector
from app.connectors.base import CollectionConfig, Connector
from app.errors import InvalidInput
from app.microsoft.clouds import Clouds
from app.security.vault import Vault
from app.storage.connectors import ConnectorRow

_LONGEST_CONFIG = 64 << 10


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Read the JSON object of a configuration. Raises InvalidInput (config_not_json) naming the place."""
    if len(text) > _LONGEST_CONFIG:
        raise _not_json("it is longer than 64 KiB")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise _not_json(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise _not_json("it is no text, or nested too deeply") from None
    if not isinstance(data, dict):
        raise _not_json("it is not an object in braces")
    return data


def check_config(connector: Connector, fields: dict[str, Any], clouds: Clouds) -> CollectionConfig:
    """Check a configuration. Raises InvalidInput (invalid_config) naming each wrong field, never quoting a value."""
    try:
        config = connector.Config.model_validate(fields)
    except ValidationError as error:
        names = [name if field.is_required() else f"[{name}]" for name, field in described_fields(connector)]
        wrong = _wrong_fields(error)
        raise InvalidInput(
            "invalid_config",
            f"The configuration cannot be used: {'; '.join(f'{name} {what}' for name, what in wrong.items())}.",
            f"Fields of {connector.id}: {', '.join(names)}; {connector.docs} says where to find each.",
            wrong,
        ) from None
    if isinstance(cloud := getattr(config, "cloud", None), str):
        clouds.get(cloud)
    return config


def wrong_fields(connector: Connector, fields: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with which field of a configuration that is still being written, never quoting a value."""
    try:
        connector.Config.model_validate(fields)
    except ValidationError as error:
        return _wrong_fields(error)
    return {}


def described_fields(connector: Connector) -> list[tuple[str, FieldInfo]]:
    """Return a connector's fields, the required ones first."""
    return sorted(connector.Config.model_fields.items(), key=lambda field: not field[1].is_required())


def secret_fields(connector: Connector) -> set[str]:
    """Return the names of the fields that are kept encrypted."""
    return {name for name, field in connector.Config.model_fields.items() if field.annotation is SecretStr}


def split_config(config: CollectionConfig) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the public half, ready for JSON, and the secrets."""
    secrets = {
        name: value.get_secret_value()
        for name in type(config).model_fields
        if isinstance(value := getattr(config, name), SecretStr)
    }
    return config.model_dump(mode="json", exclude=set(secrets)), secrets


def open_config(row: ConnectorRow, vault: Vault) -> tuple[Connector, CollectionConfig]:
    """Return a stored connector and its whole configuration. Raises Abort (secret_unreadable) or InvalidInput."""
    connector = get_connector(row.type)
    return connector, connector.Config.model_validate(row.config | vault.open(row.secrets, row.id))


def _not_json(reason: str) -> InvalidInput:
    return InvalidInput(
        "config_not_json",
        f"The configuration is not a JSON object: {reason}.",
        'Write it like {"tenant_id": "…", "client_id": "…", "client_secret": "…", "subscription_id": "…"}.',
    )


def _wrong_fields(error: ValidationError) -> dict[str, str]:
    """Return the faults by field: each continues a sentence that begins with the field's name."""
    return {
        ".".join(map(str, wrong["loc"])): _plain(wrong["msg"], wrong["type"])
        for wrong in error.errors(include_input=False, include_url=False)
    }


def _plain(message: str, kind: str) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not a field of this connector"
    return message.removeprefix("Value error, ").replace("Input should be", "should be")
