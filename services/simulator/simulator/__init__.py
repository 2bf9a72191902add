"""A Microsoft cloud on loopback, for demos and tests; product code never imports it."""

from simulator import faults
from simulator.cloud import App, Cloud
from simulator.directory import User
from simulator.journal import Journal, Visit
from simulator.server import Server, serve_in_thread

__all__ = ["App", "Cloud", "Journal", "Server", "User", "Visit", "faults", "serve_in_thread"]
