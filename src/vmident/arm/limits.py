"""What vmident takes from the network at the most. Each bound has a message that names it; docs/reference/limits.md.

An answer comes from another machine, and perhaps from one in between: a proxy, a sign-in page, a broken gateway. No
answer may take longer, more memory or more requests than is stated here, with or without `--timeout`.
"""

from __future__ import annotations

CONNECT_SECONDS = 10.0
"""For a connection, its TLS handshake included."""
SILENCE_SECONDS = 60.0
"""Between two pieces of an answer."""
ANSWER_SECONDS = 300.0
"""For a whole answer, from the request to its last byte, however steadily it comes."""
ANSWER_BYTES = 32 * 1024 * 1024
"""For an answer, as sent and unpacked; a page of 1,000 VMs has some 5 MB."""
HEADER_BYTES = 1024 * 1024
"""For the headers of an answer, those of interim answers (`100 Continue`) included."""
JSON_LEVELS = 100
"""For arrays and objects within each other; an answer of Azure's has fewer than 20."""
LIST_PAGES = 1_000
"""For one list: 50,000 VMs, or 1,000,000 rows of Resource Graph."""
FEDERATED_IDENTITIES = 1_000
"""Of user-assigned identities whose federated credentials are listed, a request each."""
GROUPS = 1_000
"""Of Microsoft Entra groups whose members are read."""
GROUP_PAGES = 20
"""For the members of one group."""
GROUP_PAGE = 999
"""Members of a page: the most that Microsoft Graph gives."""
MESSAGE_CHARACTERS = 4_000
"""Of a message of Azure's that are shown."""
CODE_CHARACTERS = 100
"""Of an error code of Azure's that are shown."""
