"""What cannot be exported is an error that names every line, or a list beside the files."""

from __future__ import annotations

import pytest

from vmident.core.export.unsupported import Unsupported, check_complete, listed_lines, nothing_exportable
from vmident.errors import NotExportable

DETACH = Unsupported(7, "'exclude'", "Azure Policy cannot detach identities.")
DISABLE = Unsupported(4, "'system: false'", "Azure Policy cannot disable it.")


@pytest.mark.parametrize(
    ("lines", "text"),
    [((3,), "3"), ((3, 7), "3 and 7"), ((3, 7, 12), "3, 7, and 12"), (tuple(range(1, 24)), "19, 20, and 3 more")],
)
def test_lines_are_listed_as_people_do(lines: tuple[int, ...], text: str) -> None:
    assert listed_lines(lines).endswith(text)


def test_a_complete_export_raises_nothing() -> None:
    check_complete((), "web.yaml", "Azure Policy")


def test_one_part_is_the_error_and_several_are_listed_by_line() -> None:
    with pytest.raises(NotExportable) as one:
        check_complete([DETACH, DETACH], "web.yaml", "Azure Policy")
    assert one.value.message == "web.yaml:7: 'exclude' cannot be exported. Azure Policy cannot detach identities."
    with pytest.raises(NotExportable) as several:
        check_complete([DETACH, DISABLE], "web.yaml", "Azure Policy")
    assert several.value.message == (
        "web.yaml: Azure Policy cannot express 2 parts of the file:\n"
        "web.yaml:4: 'system: false' cannot be exported. Azure Policy cannot disable it.\n"
        "web.yaml:7: 'exclude' cannot be exported. Azure Policy cannot detach identities."
    )
    assert several.value.code == "not-exportable"
    assert "--partial" in (several.value.hint or "")


def test_line_ends_in_names_are_escapes() -> None:
    assert Unsupported(3, "tag 'a\nb'", "Why\x1b.").located("f") == (
        "f:3: tag 'a\\u000ab' cannot be exported. Why\\u001b."
    )


def test_an_export_of_nothing_lists_each_reason_once() -> None:
    two = Unsupported(7, "'exclude'", "No."), Unsupported(3, "'roles'", "No.")
    error = nothing_exportable([*two, *two], "f", "Bicep", "'include'")
    assert error.message == (
        "f: No rule can be exported to Bicep:\nf:3: 'roles' cannot be exported. No.\n"
        "f:7: 'exclude' cannot be exported. No."
    )
    assert nothing_exportable([], "f", "Bicep", "'include'").hint == "Add a rule with 'include'."
