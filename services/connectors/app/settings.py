"""Settings: read once from the environment (prefix AISOC_), handed to what needs them."""

import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import InvalidInput
from app.security.roles import Role


class Settings(BaseSettings):
    """What an operator may set; each field is documented in docs/operations.md."""

    model_config = SettingsConfigDict(env_prefix="AISOC_", env_ignore_empty=True)

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("aisoc", appauthor=False)),
        description="Folder of the key ring and the private database.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="A PostgreSQL to use instead of the private one, as postgresql://user:password@host/name.",
    )
    keyring: SecretStr | None = Field(
        default=None,
        description="Path of the key ring, or the ring itself as JSON; default: keyring.json in AISOC_HOME.",
    )
    clouds: Path | None = Field(default=None, description="TOML file that declares further clouds.")
    rules: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="Folders with detection rules of your own, separated as in PATH."
    )
    rule_values: Path | None = Field(
        default=None, description="TOML, YAML or JSON file with the lists that rules use under |expand."
    )
    countries: Path | None = Field(
        default=None, description="Database of countries (.mmdb) for rules that read where an address is."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("rules", mode="before")
    @classmethod
    def _folders(cls, told: object) -> object:
        return [part for part in told.split(os.pathsep) if part] if isinstance(told, str) else told

    worker_concurrency: int = Field(default=10, ge=1, le=100, description="Polls that one worker runs side by side.")
    host: str = Field(default="127.0.0.1", description="Address that console and API listen on.")
    port: int = Field(default=8080, ge=0, le=65_535, description="Port that console and API listen on; 0: a free one.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+/?$",
        description="Address that people open, where a proxy stands before AiSOC, as https://aisoc.contoso.com.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas.",
    )
    session_hours: int = Field(default=12, ge=1, le=720, description="Hours after which everybody signs in anew.")
    sign_in_tenant: str | None = Field(default=None, description="Tenant ID of Entra whose users may sign in.")
    sign_in_client_id: str | None = Field(
        default=None, description="Client ID of the app registration to sign in with."
    )
    sign_in_client_secret: SecretStr | None = Field(default=None, description="That app registration's client secret.")
    sign_in_cloud: str = Field(default="AzureCloud", description="Cloud of that tenant.")
    sign_in_roles: dict[str, Role] = Field(
        default={"AiSOC.Viewer": Role.VIEWER, "AiSOC.Analyst": Role.ANALYST, "AiSOC.Admin": Role.ADMIN},
        description="Which app role of Entra gives which role here, as JSON.",
    )


def read_settings() -> Settings:
    """Read the environment.

    Raises InvalidInput (invalid_setting) that names the variable and never its value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"AISOC_{first['loc'][0]}".upper()
        raise InvalidInput(
            "invalid_setting", f"The setting {name} cannot be used: {first['msg']}.", f"Correct {name} or unset it."
        ) from None
    folders = tuple(expanded(folder) for folder in settings.rules)
    countries = expanded(settings.countries) if settings.countries else None
    return settings.model_copy(update={"home": expanded(settings.home), "rules": folders, "countries": countries})


def expanded(path: Path) -> Path:
    """Return a path with ~ as the user's home. Raises InvalidInput (invalid_setting) where there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise InvalidInput(
            "invalid_setting", f"The path {path} begins with the home of nobody.", "Write the path in full."
        ) from None
