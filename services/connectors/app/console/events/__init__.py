"""The events page: search, look, narrow, read one event."""
