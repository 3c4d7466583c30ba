"""What is asked for beyond the default checks, and code that is written once it was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from convsolve.answer import Answer, Solution
from convsolve.check.child import DEFAULT, TORCH_ITSELF, check_solutions
from convsolve.check.report import BACKWARD, TORCH, Outcome, Report
from convsolve.cli.exits import ExitCode
from convsolve.cli.options import Level
from convsolve.cli.output import MOST_RUN
from convsolve.cli.streams import named, say
from convsolve.emit.writing import refuse, write_text
from convsolve.limits import Limits

IN_TORCH = {Level.TORCH: (TORCH,), Level.BACKWARD: (TORCH, BACKWARD), Level.FAMILY: (TORCH,)}


class Checked(NamedTuple):
    """An answer with the levels that ran, the exit code, and what is to be said of it."""

    answer: Answer
    code: ExitCode
    remarks: list[str]


def more_checked(answer: Answer, level: Level | None, limits: Limits) -> Checked:
    """The answer checked up to a level: by torch, the first hundred, as far as the limits allow."""
    listed = [*answer.solutions]
    code, remarks = ExitCode.FOUND, []
    run = listed[:MOST_RUN] if level in IN_TORCH else []
    reports = check_solutions(run, IN_TORCH[level], limits=_in_torch(limits)) if run and level else []
    for place, report in enumerate(reports):
        listed[place] = listed[place].with_checked(*report.levels)
        if not report.passed:
            code = max(code, code_of(report))
            remarks += [f"solution {place + 1}: {line}" for line in told(report)]
    return Checked(replace(answer, solutions=tuple(listed)), code, remarks)


def written_first(answer: Answer, path: str, *, force: bool, level: Level | None, limits: Limits) -> Checked:
    """The first solution's code in a file, once torch has run it, or as far as a lower level asks."""
    from convsolve.emit.code import code as code_of_solution

    refuse(path, force=force)
    solution, others = answer.solutions[0], answer.solutions[1:]
    text = code_of_solution(solution)
    remarks: list[str] = []
    if TORCH not in solution.checked and level in {None, *IN_TORCH}:
        (report,) = check_solutions([solution], limits=_in_torch(limits))
        if not report.passed:
            help_line = [] if report.faults else ["  help: --check z3 writes it without a run in torch"]
            return Checked(answer, code_of(report), [*told(report), f"{named(path)} was not written", *help_line])
        solution = solution.with_checked(*report.levels)
    write_text(path, text, force=force)
    remarks += [f"wrote {named(path)}, checked: {', '.join(solution.checked)}", *to_edit(solution, path)]
    return Checked(replace(answer, solutions=(solution, *others)), ExitCode.FOUND, remarks)


def _in_torch(limits: Limits) -> Limits:
    """What is left of a command's limits for torch, whose own memory counts here, too."""
    return DEFAULT.within(Limits(limits.seconds, limits.mebibytes - TORCH_ITSELF))


def to_edit(solution: Solution, path: str) -> list[str]:
    """The reminder that channels are still to be chosen, where they are."""
    if all(layer.in_channels and layer.out_channels for layer in solution.layers):
        return []
    return [f"channels are unknown: edit the line CHANNELS in {named(path)}, or give solve its --channels"]


def code_of(report: Report) -> ExitCode:
    """What a check comes to."""
    if report.passed:
        return ExitCode.FOUND
    wrong = report.outcome in {Outcome.FAILED, Outcome.CRASHED}
    return ExitCode.CHECK_FAILED if wrong else ExitCode.GAVE_UP


def told(report: Report) -> list[str]:
    """A report that did not pass, in words."""
    if report.passed:
        return []
    said: Sequence[object] = report.faults or report.notes or ("no more is known",)
    if report.outcome is Outcome.FAILED:
        return [f"the check failed: {line}" for line in said]
    return [f"not checked in torch ({report.outcome}): {line}" for line in said]


def announce(path: str) -> None:
    """Say which file is about to be run, before it is."""
    say(f"importing {named(path)}: this runs its code, in a child process")
