"""Gateways' checks where the audit log carries the gateway's word for the client (`client_word`)."""

import asyncio
from typing import Final

from pharia_access.entrypoints.verifier.checks import ChecksConnection
from pharia_access.entrypoints.verifier.early_answers import EarlyAnswers
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.services.verifier.client_word import ClientWord

__all__ = ["ClientChecksConnection"]

_END: Final = b"\r\n\r\n"


class ClientChecksConnection(ChecksConnection):
    """One connection of a gateway. The application answers any packet that is not one whole head.

    It takes two requests at a time of a connection, so this is not for clients that send more before they read.
    """

    def __init__(
        self, port: Port, early: EarlyAnswers, word: ClientWord, loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        super().__init__(port, early, loop)
        self._word = word

    def data_received(self, data: bytes) -> None:
        """Answer a packet while its head is held."""
        if data.find(_END) != len(data) - len(_END):
            self.hand_over(data)
            return
        held = self._word.hold(data)
        try:
            super().data_received(data)
        finally:
            self._word.release(held)
