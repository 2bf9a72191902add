"""Adding a connector: the catalog, the form beside its guide, the test, and the first events."""
