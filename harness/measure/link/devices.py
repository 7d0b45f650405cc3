"""Devices and addresses of the network namespace that we are in: tuntap in the kernel's documents, and rtnetlink(7)."""

import fcntl
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface

NAME = "line"  # of the device in either namespace
MTU = 1_500
# What is reserved for benchmarks of networks (RFC 2544, RFC 6890), so that nobody takes it for an address of the world.
CLIENT = IPv4Interface("198.18.0.1/15")
SERVER = IPv4Interface("198.18.0.2/15")
HOSTS = IPv4Interface(
    "198.19.0.1/24"
)  # of loopback all addresses of the network are local: many hosts, one server

WAITING = (
    10_000  # packets that the kernel holds for the relay: it drops none, however long the relay is kept away
)
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0  # linux/if_tun.h
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4 = 0x1, 0x2
NETLINK_ROUTE, RTM_NEWLINK, RTM_NEWADDR = 0, 16, 20  # linux/netlink.h, linux/rtnetlink.h
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 0x1, 0x4, 0x400
IFLA_MTU, IFLA_TXQLEN = 4, 13  # linux/if_link.h
IFA_ADDRESS, IFA_LOCAL = 1, 2  # linux/if_addr.h
IFF_UP, IFF_NOARP = 0x1, 0x80  # linux/if.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Tun:
    """A TUN device.

    Attributes:
        descriptor: on which its packets are read and written, one each, without waiting.
        head: bytes before each (``struct virtio_net_hdr``): what the other side must know of a bundle.
        most: bytes that one can have, with its head.
    """

    descriptor: int
    head: int
    most: int


def open_tun(*, in_bundles: bool) -> Tun:
    """Make a TUN device.

    Args:
        in_bundles: whether several packets of a connection come as one, up to 64 KB, as a network card gets and gives them.

    Raises:
        OSError: it cannot be had.
    """
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    flags = IFF_TUN | IFF_NO_PI | (IFF_VNET_HDR if in_bundles else 0)
    try:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), flags))
        if in_bundles:
            fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
    except OSError:
        os.close(tun)
        raise
    return (
        Tun(descriptor=tun, head=10, most=10 + 65_535)
        if in_bundles
        else Tun(descriptor=tun, head=0, most=MTU)
    )


def bring_up_server() -> None:
    """Give addresses to the device and to all hosts, in the server's namespace."""
    _bring_up(SERVER)
    _add_address("lo", HOSTS)


def bring_up_client() -> None:
    """Give an address to the device, in the client's namespace."""
    _bring_up(CLIENT)


def _bring_up(address: IPv4Interface) -> None:
    _change("lo", IFF_UP, {})
    # The other side is known: no first packet waits for an answer to who has its address.
    sizes = {IFLA_MTU: struct.pack("I", MTU), IFLA_TXQLEN: struct.pack("I", WAITING)}
    _change(NAME, IFF_UP | IFF_NOARP, sizes)
    _add_address(NAME, address)


def _change(name: str, flags: int, attributes: Mapping[int, bytes]) -> None:
    """Set flags and attributes of a device."""
    body = struct.pack("BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(name), flags, flags)
    _request(RTM_NEWLINK, body, attributes)


def _add_address(name: str, interface: IPv4Interface) -> None:
    """Give a device an address; its network is reached by that device."""
    prefix = interface.network.prefixlen
    body = struct.pack("BBBBi", socket.AF_INET, prefix, 0, 0, socket.if_nametoindex(name))
    _request(RTM_NEWADDR, body, dict.fromkeys((IFA_LOCAL, IFA_ADDRESS), interface.packed))


def _request(kind: int, body: bytes, attributes: Mapping[int, bytes]) -> None:
    """Ask the kernel; all attributes here are of four bytes, so that none needs padding.

    Raises:
        OSError: it says no.
    """
    body += b"".join(struct.pack("HH4s", 8, name, value) for name, value in attributes.items())
    flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as kernel:
        kernel.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        (number,) = struct.unpack_from("i", kernel.recv(4_096), 16)
    if number:
        raise OSError(-number, os.strerror(-number))
