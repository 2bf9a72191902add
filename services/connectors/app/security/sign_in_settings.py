"""The app registration that people sign in with, read from the settings."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import SecretStr

from app.errors import InvalidInput
from app.microsoft.clouds import Cloud, Clouds
from app.security.roles import Role
from app.settings import Settings

_NEEDED = ("sign_in_tenant", "sign_in_client_id", "sign_in_client_secret")


@dataclass(frozen=True)
class EntraApp:
    """An app registration of one tenant. roles: which app role gives which role here."""

    tenant: str
    client_id: str
    secret: SecretStr
    cloud: Cloud
    roles: dict[str, Role]

    @property
    def authority(self) -> str:
        """Where the tenant's endpoints are."""
        return f"{self.cloud.authority}/{self.tenant}"

    @property
    def issuer(self) -> str:
        """What the tenant's tokens name as their issuer (learn.microsoft.com, "ID token claims reference")."""
        return f"{self.authority}/v2.0"

    @property
    def keys_url(self) -> str:
        """Where the keys are that sign the tenant's tokens."""
        return f"{self.authority}/discovery/v2.0/keys"


def read_entra_app(settings: Settings, clouds: Clouds) -> EntraApp | None:
    """Return the app registration to sign in with, None when none of its settings is set.

    Raises InvalidInput (invalid_setting, unknown_cloud) when some are set and others not, or one cannot be used.
    """
    given = [name for name in _NEEDED if getattr(settings, name) is not None]
    if not given:
        return None
    missing = next((name for name in _NEEDED if name not in given), None)
    if missing is not None:
        raise InvalidInput(
            "invalid_setting",
            f"The setting {_variable(missing)} is missing, while {_variable(given[0])} is set.",
            f"Set all three, or none: {', '.join(_variable(name) for name in _NEEDED)}.",
        )
    assert settings.sign_in_client_secret is not None
    return EntraApp(
        _guid(settings, "sign_in_tenant"),
        _guid(settings, "sign_in_client_id"),
        settings.sign_in_client_secret,
        clouds.get(settings.sign_in_cloud),
        settings.sign_in_roles,
    )


def _guid(settings: Settings, name: str) -> str:
    try:
        return str(UUID(getattr(settings, name).strip()))
    except ValueError:
        raise InvalidInput(
            "invalid_setting",
            f"The setting {_variable(name)} cannot be used: it is no ID like 00000000-0000-0000-0000-000000000000.",
            "Copy it from the Overview page of the app registration.",
        ) from None


def _variable(name: str) -> str:
    return f"AISOC_{name.upper()}"
