"""SMTP with a server that may take its time, but not all of ours."""

import smtplib
import socket
from contextlib import suppress
from threading import Event, Timer

from django.core.mail.backends.smtp import EmailBackend


class _Punctual:
    """Hangs up when an answer is not whole within the timeout.

    The timeout of a socket begins anew with each byte: a server that says one now and then would
    keep the only worker for hours.
    """

    def getreply(self) -> tuple[int, bytes]:
        late = Event()
        timer = Timer(self.timeout, self._hang_up, [late])  # type: ignore[attr-defined]  # smtplib has it
        timer.daemon = True
        timer.start()
        try:
            reply: tuple[int, bytes] = super().getreply()  # type: ignore[misc]  # as above
        finally:
            timer.cancel()
        if late.is_set():  # what was said so far may look like a whole answer
            self.close()  # type: ignore[attr-defined]  # as above
            raise smtplib.SMTPServerDisconnected("The server answers too slowly.")
        return reply

    def _hang_up(self, late: Event) -> None:
        late.set()
        with suppress(OSError, AttributeError):  # it has ended by itself
            self.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]  # as above


class PunctualSMTP(_Punctual, smtplib.SMTP):
    pass


class PunctualSMTP_SSL(_Punctual, smtplib.SMTP_SSL):  # noqa: N801 - smtplib calls it so
    pass


class PunctualBackend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return PunctualSMTP_SSL if self.use_ssl else PunctualSMTP
