"""Why a query cannot be answered."""

from __future__ import annotations


class QueryError(Exception):
    """A query that cannot be answered."""


class SyntaxFailure(QueryError):
    """Text that is not KQL: the unexpected token, its line (from 1) and its position in that line (from 0)."""

    def __init__(self, token: str, line: int, position: int) -> None:
        super().__init__(f"Unexpected '{token}' in line {line}, position {position}.")
        self.token = token
        self.line = line
        self.position = position


class SemanticFailure(QueryError):
    """KQL that means nothing here, such as an unknown column; `code` is Resource Graph's name for the problem."""

    def __init__(self, message: str, code: str = "SemanticError") -> None:
        super().__init__(message)
        self.code = code


class TableUnknown(QueryError):
    """A table that Resource Graph does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Table {name} is invalid, unsupported or disallowed.")


class NotSupported(QueryError):
    """KQL that Kusto has and the sandbox does not; `what` names it, such as `the operator 'parse'`."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
