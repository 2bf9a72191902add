"""The browser that has a page of alerts open: what the server tells static/alerts.js."""

import json

from nicegui import ui


class Browser:
    """One browser, whatever of its page is drawn anew meanwhile."""

    def __init__(self) -> None:
        self._client = ui.context.client

    def tell(self, what: str, *told: object) -> None:
        """Call a function of static/alerts.js with facts, which reach it as JSON and never as script."""
        self._client.run_javascript(f"aisocAlerts.{what}({', '.join(json.dumps(each) for each in told)})")
