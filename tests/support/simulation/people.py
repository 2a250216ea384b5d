"""Who acts on a simulated cluster while operators work."""

from typing import Protocol

__all__ = ["People"]


class People(Protocol):
    """Who acts on the cluster while operators work."""

    def prepare(self) -> None:
        """Have what is there when the operators start."""
        ...

    def act(self) -> str:
        """Do something; says what."""
        ...

    def let_go(self) -> None:
        """Take back what stands in the way."""
        ...
