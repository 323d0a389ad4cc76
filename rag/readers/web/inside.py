"""Which machines an address from outside may not lead to: this one, those of the local network, metadata services.

A name is looked up once, every address that it has is judged, and the connection goes to one of those very addresses:
a name server that answers differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterator

Resolve = Callable[[str, int], list[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by its number, yet answered by the machine's own host: Azure's metadata and agent service.
_HOSTS_OWN = frozenset({ipaddress.ip_address("168.63.129.16")})
# Not public, though not every Python release knows it: protocol assignments (Oracle's metadata), local NAT64.
_NOT_PUBLIC = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("64:ff9b:1::/48"))
# IPv6 that carries an IPv4 address in its last 32 bits: NAT64, and the old "IPv4-compatible" form.
_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


class InsideError(Exception):
    """A name or address that leads into the network. The message says which address and of what kind."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the system's order. Raises OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def kind(address: str) -> str | None:
    """What is wrong with a numeric address ("loopback", "private", …), None if it is a public machine's.

    Raises ValueError if it is no address.
    """
    return next((wrong for ip in _carried(ipaddress.ip_address(address)) if (wrong := _kind(ip))), None)


def _kind(ip: _Address) -> str | None:
    if ip in _HOSTS_OWN:
        return "metadata"
    for name in ("unspecified", "loopback", "link_local", "multicast"):
        if getattr(ip, f"is_{name}"):
            return name.replace("_", "-")
    return None if ip.is_global and not any(ip in network for network in _NOT_PUBLIC) else "private"


def _carried(ip: _Address) -> Iterator[_Address]:
    """The addresses that a packet to `ip` may end at."""
    if isinstance(ip, ipaddress.IPv4Address):
        yield ip
    elif ip.ipv4_mapped:
        yield ip.ipv4_mapped
    else:
        yield ip
        if ip.sixtofour:
            yield ip.sixtofour
        if ip.teredo:
            yield from ip.teredo
        if any(ip in carrier for carrier in _CARRIERS):
            yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)


def checked(host: str, port: int, allowed: Collection[str], look_up: Resolve) -> list[str]:
    """The addresses of `host` that may be connected to. `allowed`: hosts, in lower case, that are not judged.

    Raises InsideError if any address of the host leads into the network, OSError if the host has none.
    """
    addresses = look_up(host, port)
    if host.lower() not in allowed:
        for address in addresses:
            if wrong := kind(address):
                where = host if host == address else f"{host} is {address}, which"
                raise InsideError(f"{where} is inside the network ({wrong} address)")
    return addresses
