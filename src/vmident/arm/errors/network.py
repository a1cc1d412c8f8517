"""Why a request got no response, without the HTTP library's own objects. Knows nothing of signing in."""

from __future__ import annotations

import re

CHECK_PROXY = "Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE"
"""The start of a hint. Every variable in it is read by the HTTP library for requests and sign-in alike."""

# `('Unable to connect to proxy', NewConnectionError("…"))`: the arguments of an exception, as str() shows them.
_ARGUMENTS = re.compile(r"""\((["'])(?P<what>[^"']*?)\.?\1, \w+\((?:\d+, )?(["'])(?P<why>.*?)\3\)\)""")
_CONNECTION = re.compile(r"<?[\w.]*Connection\w*(\([^)]*\)| object at \w+>): ")
_NETWORK = re.compile(r"Failed to (establish|resolve)|timed out|certificate verify failed|proxy|Connection aborted")


def network_reason(text: str) -> str:
    """Return the text of an exception on one line, without names and arguments of the HTTP library's classes."""
    one_line = _ARGUMENTS.sub(r"\g<what>: \g<why>", " ".join(text.split()))
    return _CONNECTION.sub("", one_line)


def is_network_failure(reason: str) -> bool:
    """Return whether a reason is that of a connection, and not what a server answered."""
    return _NETWORK.search(reason) is not None
