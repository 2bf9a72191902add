"""The search language: one line, as people type it, the same in the API, the console and the command line."""
