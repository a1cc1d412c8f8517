"""Text from files and from Azure never leaves its string in Terraform's language, Bicep, JSON or Markdown."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.export.languages import (
    bicep_modules,
    bicep_resources,
    bicep_string,
    bicep_strings,
    hcl,
    hcl_imports,
    hcl_resources,
    hcl_string,
)
from tests.core.export.states import (
    APP,
    SYSTEM_PRINCIPAL,
    assignment,
    existing,
    grant,
    machine,
    rule,
    selected,
    state,
)
from vmident.core.export.bicep import syntax as bicep
from vmident.core.export.bicep.export import bicep_export
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.terraform import hcl as terraform
from vmident.core.export.terraform.export import terraform_export
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.resources import CredentialResource

HOSTILE = (
    'say "hi"', "it's", "''", "back\\slash", "ends in \\", "two\nlines", "cr\r\nlf", "tab\t", "\x00\x1b[31m\x7f",
    "${file(\"/etc/passwd\")}", "$${x}", "$$${x}", "\\${x}", "%{ for x in [] }", "%%{x}", "$", "%", "${", "a ${b",
    "'${x}'", "[concat('a')]", "[[x]", "[x", "x]", "*/", "/* x", "# x", "// x", "'''", '"""', "<<EOT\nx\nEOT",
    "```\n# x", "[a](http://x)", "<script>alert(1)</script>", "|a|b|", "\u2028\u2029\u0085", "\u202eexe.txt", "é\u0301",
    "😀", "\ud800x", "\ufeff", "{}", "{x}", "\"\n}\nresource \"x\" \"y\" {", "'\n}\nresource x 'y@z' = {", "#\\", "",
)  # fmt: skip
TEXT = st.text(st.characters() | st.sampled_from("\"'\\${}%[]\n`#/*<>|"), max_size=40) | st.sampled_from(HOSTILE)
TERRAFORM = shutil.which("terraform")


def readable(text: str) -> str:
    """Return the text as UTF-8 can have it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def hostile_state(text: str) -> ExportedState:
    """Return a state that has the text wherever a file's name or Azure can have text of any kind."""
    said = rule(include=(APP,), system=True)
    web = machine(IdentityState(SystemIdentity(SYSTEM_PRINCIPAL)))
    made = state(
        selected(web, said, grants=((grant(name=text), None), (grant(), APP))),
        selected(machine(vm=APP.__class__(APP.subscription, "prod", web.id.kind, "w2")), rule(line=9, exclude=(APP,))),
        there=existing(
            APP,
            tags={f"name {text}": text},
            credentials=(CredentialResource(APP, "github", text, f"x{text}", (text,)),),
            assignments=(assignment(condition=f"@{text}", condition_version="2.0", description=f"d{text}"),),
            location=text,
        ),
        file=text,
    )
    names = dict.fromkeys(made.existing.role_names, text)
    return type(made)(
        made.file,
        made.rules,
        made.selected,
        type(made.existing)(
            made.existing.identities, made.existing.groups, made.existing.credentials, made.existing.assignments, names
        ),
    )


def closed(text: str) -> str:
    """Close what would open a template: python-hcl2 refuses an escaped opening without an end, Terraform does not."""
    return text + "}" * len(re.findall(r"[$%]\{", text))


@given(TEXT)
def test_a_literal_is_its_text(text: str) -> None:
    assert hcl_string(terraform.hcl_string(text)) == readable(text)
    assert hcl_string(terraform.hcl_key(text)) == readable(text)
    assert terraform.hcl_key(text).isascii()
    assert bicep_string(bicep.bicep_string(text)[1:-1]) == readable(text)


@given(TEXT.map(closed))
def test_text_stays_in_its_string_in_terraform(text: str) -> None:
    files = {name: one for name, one in terraform_export(hostile_state(text)).files.items() if name.endswith(".tf")}
    plain = readable(text)
    resources, imports = hcl_resources(*files.values()), hcl_imports(*files.values())
    assert [name.split(".")[0] for name in resources] == [
        "azurerm_user_assigned_identity",
        "azurerm_federated_identity_credential",
        "azurerm_role_assignment",
        "azurerm_role_assignment",
        "azapi_update_resource",
    ]
    assert len(imports) == 3
    assert all(
        hcl(one).keys() <= {"resource", "import", "terraform", "provider", "__comments__"} for one in files.values()
    )
    identity, credential, *assignments, _ = resources.values()
    assert {hcl_string(name): hcl_string(value) for name, value in identity["tags"].items()} == {f"name {plain}": plain}
    assert [hcl_string(one) for one in (identity["location"], credential["issuer"], credential["audience"][0])] == [
        plain
    ] * 3
    conditional = next(one for one in assignments if "description" in one)
    assert [hcl_string(conditional[name]) for name in ("condition", "description")] == [f"@{plain}", f"d{plain}"]


@given(TEXT.map(lambda text: text.replace("//", "/").replace("/*", "*")))
def test_text_stays_in_its_string_in_bicep_and_its_template(text: str) -> None:
    files = bicep_export(hostile_state(text)).files
    plain = readable(text)
    found = {name.split("_")[0]: one for name, one in files.items() if name.endswith(".bicep")}
    assert [len(bicep_modules(found["main.bicep"])), len(bicep_resources(found["main.bicep"]))] == [2, 0]
    assert [len(bicep_resources(found[name])) for name in ("identities", "roles")] == [2, 2]
    texts = bicep_strings(found["identities"]) | bicep_strings(found["roles"])
    assert {plain, f"name {plain}", f"x{plain}", f"@{plain}", f"d{plain}"} <= texts | {""}
    document = json.loads(files["main.json"])
    (identity, credential) = document["resources"][0]["properties"]["template"]["resources"]
    written = f"[{plain}" if plain.startswith("[") and plain.endswith("]") else plain
    assert (identity["location"], identity["tags"]) == (written, {f"name {plain}": written})
    assert credential["properties"]["issuer"] == written


def test_every_hostile_text_is_itself_to_terraform(tmp_path: Path) -> None:
    """Terraform's own evaluator decodes the literals; where it is not installed, the parser above has to do."""
    if TERRAFORM is None:
        pytest.skip("terraform is not installed")
    chosen = random.Random(16)
    texts = [*HOSTILE, *("".join(chosen.choices("\"'\\${}%[]\n#/*ab ", k=chosen.randrange(12))) for _ in range(500))]
    literals = ", ".join(terraform.hcl_string(text) for text in texts)
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    asked = subprocess.run(
        [TERRAFORM, "console"],
        cwd=tmp_path,
        env=environment,
        input=f"base64encode(jsonencode([{literals}]))\n".encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    found = json.loads(base64.b64decode(asked.stdout.strip().strip(b'"')))
    # Terraform stores strings in Unicode's normalization form C.
    assert found == [unicodedata.normalize("NFC", readable(text)) for text in texts]


@given(TEXT)
def test_comments_are_one_line(text: str) -> None:
    for comment in (terraform.hcl_comment(text), bicep.bicep_comment(text)):
        assert comment.isprintable()
    assert hcl(f"{terraform.hcl_comment(text)}\nx = 1\n")["x"] == 1
