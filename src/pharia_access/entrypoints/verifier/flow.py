"""Flow control of one connection: reading waits for answers that are not taken, and for requests not answered."""

import asyncio

__all__ = ["Flow"]


class Flow:
    """Whether the transport reads, and whether it takes more.

    Reading stops while any of three reasons holds: answers are not taken, requests wait, a body fills its buffer.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.read_paused = False
        self.write_paused = False

    def hold_reading(self) -> None:
        """Do not read before it is released, whoever wants to."""
        self._held = True
        self.pause_reading()

    def release_reading(self) -> None:
        """Read again, once answers are taken."""
        self._held = False
        self.resume_reading()

    def pause_reading(self) -> None:
        """Do not read for now."""
        if not (self.read_paused or self._transport.is_closing()):
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again, unless there is another reason not to."""
        if self.read_paused and not (self._held or self.write_paused or self._transport.is_closing()):
            self.read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """Answers are not taken: who does not read is not read from."""
        self.write_paused = True
        self._writable.clear()
        self.pause_reading()

    def resume_writing(self) -> None:
        """Answers are taken again."""
        self.write_paused = False
        self._writable.set()
        self.resume_reading()

    def end(self) -> None:
        """The connection is lost: nobody waits for it."""
        self.write_paused = False
        self._writable.set()

    async def drain(self) -> None:
        """Wait until answers are taken."""
        await self._writable.wait()
