"""Certificates: an authority of this process alone, what it vouches for, and three that no client may accept."""

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import trustme

DAY = timedelta(days=1)


class Authority:
    """A certificate authority that ends with this process; its private key is never written.

    Attributes:
        pem: its certificate, which clients are told to trust.
    """

    def __init__(self) -> None:
        self._ca = trustme.CA()
        self.pem = self._ca.cert_pem.bytes().decode()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, host: str) -> ssl.SSLContext:
        """What a listener needs to be trusted as this host, made once."""
        if host not in self._contexts:
            self._contexts[host] = _context(self._ca.issue_cert(host))
        return self._contexts[host]

    def refused(self, host: str) -> Mapping[str, Callable[[], ssl.SSLContext]]:
        """What is wrong with a certificate -> what a listener at this host needs to show it."""
        now = datetime.now(UTC)
        return {
            "of an authority that it was not told to trust": lambda: _context(trustme.CA().issue_cert(host)),
            "that has expired": lambda: _context(
                self._ca.issue_cert(host, not_before=now - 2 * DAY, not_after=now - DAY)
            ),
            "of another host": lambda: _context(self._ca.issue_cert("elsewhere.invalid")),
        }


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    certificate.configure_cert(context)
    return context
