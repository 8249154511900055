"""`python -m middleware`, and the command `throughline`."""

from middleware.cli.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
