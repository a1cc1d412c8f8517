"""Extensions that need the system-assigned identity of their VM.

Source: 'What on a VM uses its identities' in the project's wire facts, from Microsoft's pages about sign-in with
Microsoft Entra ID and about machine configuration.
"""

from __future__ import annotations

_NEED_IT = frozenset(
    {
        ("microsoft.azure.activedirectory", "aadsshloginforlinux"),
        ("microsoft.azure.activedirectory", "aadloginforwindows"),
        ("microsoft.guestconfiguration", "configurationforlinux"),
        ("microsoft.guestconfiguration", "configurationforwindows"),
    }
)


def needs_system_identity(publisher: str, extension_type: str) -> bool:
    """Return whether an extension of this publisher and type needs the system-assigned identity, in any case."""
    return (publisher.lower(), extension_type.lower()) in _NEED_IT
