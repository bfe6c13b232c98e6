"""Whether an address is this machine's own, and whether a secret may travel to it."""

from ipaddress import ip_address

from yarl import URL


def is_loopback(host: str) -> bool:
    """Whether an address or name, as in a setting, a socket or a Host header, is this machine's own."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback if mapped is None else bool(mapped.is_loopback)


def fit_for_secrets(url: URL) -> bool:
    """Whether a secret may be sent there: over TLS, or on this machine."""
    host = url.host or ""
    return bool(host) and (url.scheme == "https" or (url.scheme == "http" and is_loopback(host)))


def is_origin(text: str) -> bool:
    """Whether it is an origin as browsers write it, such as `https://crm.example`."""
    try:
        return str(URL(text).origin()) == text
    except ValueError:
        return False
