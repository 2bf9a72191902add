"""The entry point: it is here so soon that Ctrl-C while the rest is imported ends without a traceback."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from app.cli import main as run  # noqa: PLC0415 - see above

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
