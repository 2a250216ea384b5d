"""Flow control of one connection: pause reading while answers are not taken, or requests not answered."""

import asyncio

__all__ = ["Flow"]


class Flow:
    """Pauses and resumes a transport.

    Reading pauses for any of three reasons: answers are not taken, requests wait, a body fills its buffer.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.read_paused = False
        self.write_paused = False

    def hold_reading(self) -> None:
        """Pause reading until `release_reading`, whoever resumes it."""
        self._held = True
        self.pause_reading()

    def release_reading(self) -> None:
        """Resume reading, once answers are taken."""
        self._held = False
        self.resume_reading()

    def pause_reading(self) -> None:
        """Pause reading."""
        if not (self.read_paused or self._transport.is_closing()):
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Resume reading, unless another reason holds."""
        if self.read_paused and not (self._held or self.write_paused or self._transport.is_closing()):
            self.read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Pause reading while the client does not take its answers."""
        self.write_paused = True
        self._writable.clear()
        self.pause_reading()

    def resume_writing(self) -> None:
        """Note that the client takes its answers again."""
        self.write_paused = False
        self._writable.set()
        self.resume_reading()

    def end(self) -> None:
        """Release the waiters: the connection is lost."""
        self.write_paused = False
        self._writable.set()

    async def drain(self) -> None:
        """Wait until the client takes its answers."""
        await self._writable.wait()
