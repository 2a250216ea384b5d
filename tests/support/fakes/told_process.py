"""A process as the health server tells about it."""

from pharia_access.entrypoints.health import HealthServer

__all__ = ["Process"]


class Process:
    """What the server tells about."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.missing: list[str] = []
        self.server = HealthServer(
            "127.0.0.1", 0, live=lambda: self.broken, ready=lambda: self.missing, metrics=lambda: b"up 1\n"
        )
