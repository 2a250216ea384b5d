"""What the single file runs (`make plugin`): the plugin, or its completion where the file is called by that name."""

import sys
from pathlib import Path

__all__ = ["main"]


def main() -> None:
    """Run the one that the file's name, or that of a link to it, asks for."""
    if Path(sys.argv[0]).name.startswith("kubectl_complete-"):
        from pharia_access.entrypoints.kubectl.completion import complete

        complete()
    else:
        from pharia_access.entrypoints.kubectl.main import main as plugin

        plugin()
