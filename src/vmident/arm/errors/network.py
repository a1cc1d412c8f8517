"""Why a request got no response, without the HTTP library's own objects. Knows nothing of signing in."""

from __future__ import annotations

import re

# `('Unable to connect to proxy', NewConnectionError("…"))`: the arguments of an exception, as str() shows them.
_ARGUMENTS = re.compile(r"""\((["'])(?P<what>[^"']*?)\.?\1, \w+\((?:\w+\()?(?:\d+, )?(["'])(?P<why>.*?)\3\)+""")
# `("Connection broken: OSError(5, 'why')", OSError(5, 'why'))`: the same, for a body that ends early.
_BROKEN = re.compile(r"""\((["'])(?P<what>Connection broken: )(\w+)\((?:\d+, ')?(?P<why>.*?)'?\)\1, \3\(.*?\)\)""")
# `Max retries exceeded with url: /path (Caused by NewConnectionError("…"))`: what Requests makes of an exception.
_CAUSE = re.compile(r"Max retries exceeded with url: \S* \(Caused by \w+(?P<arguments>\(.*\))\)")
_ONE_ARGUMENT = re.compile(r"""\((?:\w+\()?(?:\d+, )?(["'])(?P<why>(?:(?!\1).)*)\1\)+""")
_PROXY = re.compile(r"(Unable to connect to proxy): \w+Connection\(host='([^']*)', port=(\d+)\): ")
_CONNECTION = re.compile(r"<?[\w.]*Connection\w*(\([^)]*\)| object at \w+>): ")
_NETWORK = re.compile(
    r"Failed to (establish|resolve)|timed out|certificate verify failed|proxy|Connection (aborted|broken)"
)


def network_reason(text: str) -> str:
    """Return the text of an exception on one line, without names and arguments of the HTTP library's classes."""
    one_line = _CAUSE.sub(_cause_in, " ".join(text.split()))
    one_line = _ARGUMENTS.sub(r"\g<what>: \g<why>", _BROKEN.sub(r"\g<what>\g<why>", one_line))
    return _CONNECTION.sub("", _PROXY.sub(r"\1 \2:\3: ", one_line))


def network_hint(reason: str, last: str) -> str:
    """Return what to check; `last` is what it names last. Requests and sign-in read each variable in it."""
    if "407" in reason:
        return "The proxy requires a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
    return f"Check the network, HTTPS_PROXY, ALL_PROXY, REQUESTS_CA_BUNDLE and {last}."


def _cause_in(found: re.Match[str]) -> str:
    single = _ONE_ARGUMENT.fullmatch(found["arguments"])
    return single["why"] if single else found["arguments"]


def is_network_failure(reason: str) -> bool:
    """Return whether a reason is that of a connection, and not what a server answered."""
    return _NETWORK.search(reason) is not None
