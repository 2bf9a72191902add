"""The console: one page a file, on the same server as the API."""
