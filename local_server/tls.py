"""Certificates: an authority of this process alone, what it vouches for, and three that no client may accept."""

import asyncio
import ssl
from asyncio import BaseProtocol
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import aiofastnet
import trustme

DAY = timedelta(days=1)
EXPIRED, OTHER_HOST = "that has expired", "of another host"


class Authority:
    """A certificate authority that ends with this process; its private key is never written.

    Attributes:
        pem: its certificate, which clients are told to trust.
        shows: fault of a workload -> what is wrong with the certificate that is shown for it.
    """

    shows: ClassVar[Mapping[str, str]] = {
        "expired_certificate": EXPIRED,
        "wrong_certificate_name": OTHER_HOST,
    }

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self.pem = self._ca.cert_pem.bytes().decode()

    def issue(self, host: str) -> trustme.LeafCert:
        """Return what a listener needs to be trusted as this host."""
        return self._ca.issue_cert(host)

    async def listen(
        self,
        connection: Callable[[], BaseProtocol],
        host: str,
        port: int,
        context: ssl.SSLContext,
        backlog: int,
    ) -> asyncio.Server:
        """Listen with this context; aiofastnet's TLS takes less of the server's core than the loop's own.

        Raises:
            OSError: it cannot.
        """
        loop = asyncio.get_running_loop()
        return await aiofastnet.create_server(loop, connection, host, port, ssl=context, backlog=backlog)

    def refused(self, host: str) -> Mapping[str, Callable[[], trustme.LeafCert]]:
        """What is wrong with a certificate -> makes one that a listener at this host can show."""
        now = datetime.now(UTC)
        return {
            "of an authority that it was not told to trust": lambda: trustme.CA().issue_cert(host),
            EXPIRED: lambda: self._ca.issue_cert(host, not_before=now - 2 * DAY, not_after=now - DAY),
            OTHER_HOST: lambda: self._ca.issue_cert("elsewhere.invalid"),
        }

    @staticmethod
    def context(certificate: trustme.LeafCert) -> ssl.SSLContext:
        """Return what a listener for HTTP/1.1 needs to show this certificate."""
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.set_alpn_protocols(["http/1.1"])
        certificate.configure_cert(found)
        return found
