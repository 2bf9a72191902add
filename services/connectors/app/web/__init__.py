"""What people and programs meet over HTTP: doors, API and console on one server."""
