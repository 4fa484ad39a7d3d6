"""What a reader may not do, and who may, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from dashboard import state
from dashboard.fault_sentences import told
from dashboard.language import _
from data.errors import NearfieldError
from data.roles import ALLOWED, Permission, Role

_ROLES: Mapping[Role, Callable[[], str]] = {
    Role.VIEWER: lambda: _("viewer"),
    Role.OPERATOR: lambda: _("operator"),
    Role.PLANNER: lambda: _("planner"),
    Role.ADMIN: lambda: _("admin"),
}
_MAY: Mapping[Role, Callable[[], str]] = {
    Role.VIEWER: lambda: _("sees everything, changes nothing"),
    Role.OPERATOR: lambda: _(
        "brings data, overrides forecasts, runs forecasts and plans, confirms"
    ),
    Role.PLANNER: lambda: _("decides and undoes, hands over, confirms, runs forecasts and plans"),
    Role.ADMIN: lambda: _("gives roles and sees the settings"),
}


def role(code: str) -> str:
    """Return a role in words."""
    return _ROLES[Role(code)]()


def what_a_role_may(code: str) -> str:
    """Return what somebody with a role may do, in words."""
    return _MAY[Role(code)]()


def without(permission: Permission, *, always: bool = False) -> str | None:
    """Say which role an action needs; None where the reader has it.

    :param always: say it in any case.
    """
    if state.may(permission) and not always:
        return None
    roles = [role(one) for one in Role if one in ALLOWED[permission]]
    return _("This needs the role {role}. Ask an admin of the brand.").format(
        role=_(" or ").join(roles)
    )


_HANDED_OVER = re.compile(r"the warehouse already has it \(export (\w+)\)")


def undo(refused: NearfieldError) -> str:
    """Say why the ledger refused to undo; where it is the export, what can be done instead."""
    exports = set(_HANDED_OVER.findall(str(refused)))
    return handed_over(exports) if exports else told(refused)


def handed_over(exports: Collection[str]) -> str:
    """Say that what the warehouse was told cannot be undone.

    :param exports: ids of the exports that told it.
    """
    return _(
        "The warehouse has this already (export {export}), so it cannot be undone. Cancel it "
        "instead: the next export tells the warehouse."
    ).format(export=", ".join(sorted(exports)))
