from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmident.sandbox.deployments.expressions import ExpressionInvalid, is_expression, resolved
from vmident.sandbox.deployments.functions import functions_at
from vmident.sandbox.deployments.places import Place

GROUP = {"name": "g", "location": "westus", "tags": {"a b": ["x", "y"]}}
PLACE = Place("sub", "g", GROUP, {"subscriptionId": "sub"})
FUNCTIONS = functions_at(PLACE)
VNET = "/subscriptions/sub/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"


def value(text: Any) -> Any:
    return resolved(text, FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("[", "["),
        ("[open", "[open"),
        ("[[not()]", "[not()]"),
        ("[concat('it''s', 1, ' ', true())]", "it's1 True"),
        ("[ concat( 'a' , 'b' ) ]", "ab"),
        ("[concat(createArray(1), createArray('x'))]", [1, "x"]),
        ("['']", ""),
        ("[-7]", -7),
        ("[resourceGroup().location]", "westus"),
        ("[RESOURCEGROUP().Location]", "westus"),
        ("[resourceGroup().tags['a b'][1]]", "y"),
        ("[subscription().subscriptionId]", "sub"),
        ("[resourceId('Microsoft.Network/virtualNetworks', 'v')]", VNET),
        (
            "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
            f"{VNET}/subnets/s",
        ),
        ("[resourceId('h', 'A/b', 'c')]", "/subscriptions/sub/resourceGroups/h/providers/A/b/c"),
        ("[resourceId('t', 'h', 'A/b', 'c')]", "/subscriptions/t/resourceGroups/h/providers/A/b/c"),
        (
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]",
            "/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/r",
        ),
        ("[subscriptionResourceId('t', 'A/b', 'c')]", "/subscriptions/t/providers/A/b/c"),
        ("[tenantResourceId('A/b', 'c')]", "/providers/A/b/c"),
        ("[extensionResourceId('/x', 'A/b', 'c')]", "/x/providers/A/b/c"),
        ("[format('{0}-{1}-{0}', 'a', 2)]", "a-2-a"),
        ("[toLower('AB')]", "ab"),
        ("[toUpper('ab')]", "AB"),
        ("[if(equals('a', 'a'), 'yes', missing())]", "yes"),
        ("[if(not(true()), missing(), 'no')]", "no"),
        ("[if(and(true(), or(false(), true())), 1, 2)]", 1),
        ("[equals(1, '1')]", False),
        ("[equals(1, true())]", False),
        ("[empty('')]", True),
        ("[empty(null())]", True),
        ("[empty(createObject('a', 1))]", False),
        ("[string(createObject('a', 1))]", '{"a":1}'),
        ("[string('a')]", "a"),
        ("[createObject('a', 1).A]", 1),
        ("[equals(guid('a', 'b'), guid('a-b'))]", True),
        ({"[concat('a', 'b')]": ["[toUpper('x')]", 1, None]}, {"ab": ["X", 1, None]}),
    ],
)
def test_an_expression_has_its_value(text: Any, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[missing()]", "The template function 'missing' is not valid."),
        ("[]", "expected token 'Identifier' and actual 'EndOfData'"),
        ("[concat('a']", "expected token ',' and actual 'EndOfData'"),
        ("[concat 'a']", "expected token '(' and actual ''a''"),
        ("[concat('a') 'b']", "expected token 'EndOfData' and actual ''b''"),
        ("[concat('a',)]", "expected token 'Identifier' and actual ')'"),
        ("[resourceGroup().'x']", "expected token 'Identifier' and actual ''x''"),
        ("[resourceGroup()['x'  'y']]", "expected token ']'"),
        ("[concat('a';'b')]", "the string character ';' at position '10' is not expected"),
        ("[concat(  {0})]", "the string character '{' at position '9' is not expected"),
        ("['open]", "the string character ''' at position '0'"),
        ("[resourceGroup().colour]", "'colour' doesn't exist, available properties are 'name, location, tags'"),
        ("[createArray(1)[1]]", "array index '1' is out of bounds"),
        ("[createArray(1)['x']]", "property 'x' can't be evaluated"),
        ("['a'.b]", "property 'b' can't be evaluated"),
        ("[if('a', 1, 2)]", "language function 'if'"),
        ("[if(true(), 1)]", "The template function 'if' is not valid"),
        ("[toLower(1)]", "language function 'toLower'"),
        ("[toLower()]", "language function 'toLower'"),
        ("[not('a')]", "language function 'not'"),
        ("[format('{1}', 'a')]", "language function 'format'"),
        ("[guid()]", "language function 'guid'"),
        ("[createObject('a')]", "language function 'createObject'"),
        ("[resourceId('v')]", "language function 'resourceId'"),
        ("[resourceId('A/b')]", "language function 'resourceId'"),
        ("[resourceId('A/b', 'c', 'd')]", "language function 'resourceId'"),
        ("[resourceId('a', 'b', 'c', 'A/b', 'd')]", "language function 'resourceId'"),
        ("[resourceId('A/b', '')]", "language function 'resourceId'"),
        (f"[concat('{'a' * 25_000}')]", "length limit exceeded. Limit: '24576'"),
    ],
)
def test_what_is_no_expression_is_refused_in_azures_words(text: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        value(text)
    assert said in str(refused.value)


def test_a_guid_is_named_for_its_arguments() -> None:
    assert value("[guid('')]") != value("[guid('a')]")
    assert value("[guid('a')]")[14] == "5"


def test_a_unique_string_is_thirteen_letters_and_digits_of_its_arguments_alone() -> None:
    one, same, other = (value(f"[uniqueString({text})]") for text in ("'a', 'b'", "'a','b'", "'a'"))
    assert one == same != other
    assert len(one) == 13
    assert one.isalnum()
    assert one == one.lower()


@given(st.text())
def test_any_text_survives_being_quoted(text: str) -> None:
    quoted = "['" + text.replace("'", "''") + "']"
    assert value(quoted) == text


@given(st.text())
def test_any_text_is_itself_or_an_expression_or_has_lost_one_bracket(text: str) -> None:
    if not is_expression(text):
        assert value(text) == (text[1:] if text.startswith("[[") else text)


@given(st.text(alphabet="abc()[],.'1 ", max_size=30))
def test_any_expression_has_a_value_or_is_refused(text: str) -> None:
    try:
        value(f"[{text}]")
    except ExpressionInvalid as refused:
        assert str(refused)
