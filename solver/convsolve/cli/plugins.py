"""``convsolve plugins``: what is plugged in, and whether it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.streams import Color, look, say, write, write_record

if TYPE_CHECKING:
    from convsolve.plugins import Plugged


def plugins(json: given.Json = False, color: given.ColorOption = Color.AUTO) -> int:
    """Show the layer kinds and search frameworks that installed packages add, and which are broken.

    Examples:
      convsolve plugins
      convsolve plugins --json
    """
    from convsolve.plugins import GROUPS, NOT_INSTALLED, OK, plugged

    found = [(point, _state(point)) for group in GROUPS for point in plugged(group)]
    if json:
        listed = [point._asdict() | {"state": state} for point, state in found]
        write_record({"schema": "convsolve.plugins/1", "plugins": listed})
    elif found:
        from convsolve.render.table import Column, drawn, tabbed

        page = look(color)
        names = ("group", "name", "from", "package", "state")
        rows = [(point.group, point.name, point.value, point.package, state) for point, state in found]
        columns = [Column(name, number=False) for name in names]
        write(drawn(columns, rows, width=page.width, bold=page.bold) if page.table else tabbed(names, rows))
    broken = [point.name for point, state in found if state != OK and not state.startswith(NOT_INSTALLED)]
    if broken:
        say(f"warning: {', '.join(broken)} cannot be used; all else can")
    if not found:
        say(
            "nothing is plugged in",
            "  help: a package adds a layer kind by an entry point of the group convsolve.layers",
        )
    return ExitCode.FOUND


def _state(point: Plugged) -> str:
    """``ok``, or why it cannot be used."""
    from convsolve.errors import Error
    from convsolve.plugins import OK, Framework
    from convsolve.registry import LAYERS, plugged_kind

    try:
        if point.group == LAYERS:
            plugged_kind(point)
        else:
            framework = point.load()
            if not isinstance(framework, Framework):
                return f"{type(framework).__name__} is no convsolve.plugins.Framework"
            return framework.state()
    except Error as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything
        return f"{type(error).__name__}: {error}".partition("\n")[0][:200]
    return OK
