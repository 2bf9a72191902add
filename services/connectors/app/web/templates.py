"""The pages before the console, drawn from templates: no script, so that they work in every browser."""

from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from app.errors import AisocError
from app.web.headers import PAGE_POLICY

_templates = Environment(loader=PackageLoader("app.web"), autoescape=True, undefined=StrictUndefined)


def page(template: str, status: int = 200, headers: dict[str, str] | None = None, **facts: Any) -> HTMLResponse:
    """Return a page drawn with facts, all of which are escaped."""
    drawn = _templates.get_template(template).render(**facts)
    return HTMLResponse(drawn, status, headers={"content-security-policy": PAGE_POLICY} | (headers or {}))


def error_page(status: int, error: AisocError, headers: dict[str, str] | None = None) -> HTMLResponse:
    """Return the page that tells an error."""
    return page("error.html", status, headers, title=error.message, remedy=error.remedy)
