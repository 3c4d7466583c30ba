"""``convsolve doctor``: versions, and whether a question goes all the way."""

from __future__ import annotations

from convsolve.cli import options as given
from convsolve.cli.exits import ExitCode
from convsolve.cli.streams import Color, look, say, write, write_record

OK = "ok"


def doctor(json: given.Json = False, color: given.ColorOption = Color.AUTO) -> int:
    """Show versions, and solve and run one question as a self-check.

    Examples:
      convsolve doctor
      convsolve doctor --json                  for a report
    """
    import platform

    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    found |= {name: _version(name) for name in ("convsolve", "torch", "z3-solver", "typer")}
    checks = {"solved": _solved(), "torch": "not run"}
    if checks["solved"] == OK:
        checks["torch"], backend = _run()
        found |= backend
    good = all(result == OK for result in checks.values())
    rows = [*found.items(), ("7 -> 28, confirmed by Z3", checks["solved"]), ("7 -> 28, run in torch", checks["torch"])]
    if json:
        write_record({"schema": "convsolve.doctor/1", "ok": good, "versions": found, "checks": checks})
    else:
        from convsolve.render.table import Column, drawn, tabbed

        page = look(color)
        columns = [Column("what", number=False), Column("found", number=False)]
        names = [column.name for column in columns]
        write(drawn(columns, rows, width=page.width, bold=page.bold) if page.table else tabbed(names, rows))
    say("all is in place" if good else "something is broken: what is not ok above stands in the way")
    return ExitCode.FOUND if good else ExitCode.DEFECT


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _solved() -> str:
    try:
        from convsolve.solving import solve

        answer = solve(7, 28)
    except Exception as error:  # noqa: BLE001 - whatever is broken is what was asked for
        return _told(error)
    return OK if answer and all("z3" in solution.checked for solution in answer) else "Z3 did not confirm the answers"


def _run() -> tuple[str, dict[str, str]]:
    """What a run in torch came to, and what it ran on."""
    try:
        from convsolve.check.child import check_solution
        from convsolve.solving import solve

        report = check_solution(solve("1@7", "1@28", count=1)[0])
    except Exception as error:  # noqa: BLE001 - as above
        return _told(error), {}
    backend = report.backend
    about = {} if backend is None else {"threads": str(backend.threads), "oneDNN": "yes" if backend.onednn else "no"}
    if report.passed:
        return OK, about
    return "; ".join([str(report.outcome), *map(str, report.faults), *report.notes]), about


def _told(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}"
