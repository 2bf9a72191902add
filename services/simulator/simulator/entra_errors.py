"""Errors of the Microsoft identity platform: an OAuth error with an AADSTS number, and the checks all endpoints share.

Source: "Microsoft Entra authentication and authorization error codes".
"""

from typing import Any

from simulator.cloud import App, Cloud
from simulator.wire import Ask, Origins, Reply, json_reply


class DeniedError(Exception):
    """An error of the identity platform: HTTP status, OAuth `error` and AADSTS number."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


def error_facts(cloud: Cloud, origins: Origins, ask: Ask, denied: DeniedError) -> dict[str, Any]:
    """Return an error as the token endpoint's body has it."""
    trace, now = cloud.new_id(), f"{cloud.clock():%Y-%m-%d %H:%M:%S}Z"
    correlation = ask.headers.get("client-request-id") or cloud.new_id()
    told = f"AADSTS{denied.number}: {denied.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    return {
        "error": denied.error,
        "error_description": told,
        "error_codes": [denied.number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{origins.authority}/error?code={denied.number}",
    }


def error_reply(cloud: Cloud, origins: Origins, ask: Ask, denied: DeniedError) -> Reply:
    facts = error_facts(cloud, origins, ask, denied)
    return json_reply(denied.status, facts, {"x-ms-request-id": facts["trace_id"]})


def known_tenant(cloud: Cloud, tenant: str) -> str:
    """Return the tenant in lower case. The error was invalid_request until 2023."""
    if tenant.lower() not in cloud.tenants:
        text = (
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant."
        )
        raise DeniedError(400, "invalid_tenant", 90002, text)
    return tenant.lower()


def required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        text = f"The request body must contain the following parameter: '{name}'."
        raise DeniedError(400, "invalid_request", 900144, text)
    return form[name]


def registered_app(cloud: Cloud, tenant: str, client_id: str) -> App:
    app = cloud.find_app(tenant, client_id)
    if app is None:
        text = (
            f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if "
            "the application has not been installed by the administrator of the tenant or consented to by any user in "
            "the tenant. You may have sent your authentication request to the wrong tenant."
        )
        raise DeniedError(400, "unauthorized_client", 700016, text)
    return app
