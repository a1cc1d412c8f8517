"""Why a request got no response, without the HTTP library's own objects. Knows nothing of signing in."""

from __future__ import annotations

import re

CHECK_PROXY = "Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE"
"""The start of a hint. Every variable in it is read by the HTTP library for requests and sign-in alike."""

# `('Unable to connect to proxy', NewConnectionError("…"))`: the arguments of an exception, as str() shows them.
_ARGUMENTS = re.compile(r"""\((["'])(?P<what>[^"']*?)\.?\1, \w+\((?:\d+, )?(["'])(?P<why>.*?)\3\)\)""")
# `Max retries exceeded with url: /path (Caused by NewConnectionError("…"))`: what Requests makes of an exception.
_CAUSE = re.compile(r"Max retries exceeded with url: \S* \(Caused by \w+(?P<arguments>\(.*\))\)")
_ONE_ARGUMENT = re.compile(r"""\((?:\w+\()?(?:\d+, )?(["'])(?P<why>(?:(?!\1).)*)\1\)+""")
_CONNECTION = re.compile(r"<?[\w.]*Connection\w*(\([^)]*\)| object at \w+>): ")
_NETWORK = re.compile(r"Failed to (establish|resolve)|timed out|certificate verify failed|proxy|Connection aborted")


def network_reason(text: str) -> str:
    """Return the text of an exception on one line, without names and arguments of the HTTP library's classes."""
    one_line = _CAUSE.sub(_cause_in, " ".join(text.split()))
    return _CONNECTION.sub("", _ARGUMENTS.sub(r"\g<what>: \g<why>", one_line))


def _cause_in(found: re.Match[str]) -> str:
    single = _ONE_ARGUMENT.fullmatch(found["arguments"])
    return single["why"] if single else found["arguments"]


def is_network_failure(reason: str) -> bool:
    """Return whether a reason is that of a connection, and not what a server answered."""
    return _NETWORK.search(reason) is not None
