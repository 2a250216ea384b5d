"""How a reconciler asks for another look."""

__all__ = ["RequeueAfter"]


class RequeueAfter(Exception):  # noqa: N818 - a request, not a fault
    """The object needs another look after this long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"look again after {seconds:g} s")
        self.seconds = seconds
