"""An answer on stdout: its solutions made into text as they are found, so that little is left for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from convsolve.answer import Answer, Solution
from convsolve.cli.streams import Color, Look, look, record_text, say, write, write_now, write_pieces
from convsolve.events import Confirmed, Counted, Event, Found, Progress
from convsolve.render import answers
from convsolve.render.table import drawn

LARGEST_BLOCK = 1_024  # records that wait to be written together
ROWS_DRAWN = 20_000  # a second, of a table; about a third of what was measured
MOST_RUN = 100  # solutions that torch may run for one answer, which changes what they are checked by


class Lines:
    """A listener that writes a record a line: the first at once, then in blocks, since each write has its price."""

    def __init__(self, progress: Progress, *, head: bool) -> None:
        self.progress = progress
        self.head = head
        self.written = 0
        self._waiting: list[Solution] = []
        self._size = 1

    def __call__(self, event: Event) -> None:
        """Hear it; the progress keeps the first solution alone."""
        match event:
            case Found(solution):
                self._flush(self._size)
                self._waiting.append(solution)
                self.progress.told += 1
                if not self.progress.found:
                    self.progress(event)
            case Confirmed(_, level):  # the last one found
                self._waiting[-1] = self._waiting[-1].with_checked(level)
                self._flush(self._size)
            case Counted(total):
                self.progress(event)
                if total and self.head:
                    say(answers.streamed(self.progress.answer()), *answers.limits(self.progress.problem))
            case _:
                self.progress(event)

    def finish(self) -> None:
        """Write what is waiting."""
        self._flush(1)

    def _flush(self, least: int) -> None:
        if len(self._waiting) >= least:
            write_now([record(place, solution) for place, solution in enumerate(self._waiting)])
            self.written += len(self._waiting)
            self._waiting = []
            self._size = min(2 * self._size, LARGEST_BLOCK)


class Texts:
    """A listener that keeps all, and makes the text of each solution once nothing of it will change."""

    def __init__(self, progress: Progress, text: Callable[[int, Solution], str] | None) -> None:
        self.progress = progress
        self._text = text
        self._texts: list[str] = []

    def __call__(self, event: Event) -> None:
        """Hear it."""
        self.progress(event)
        if self._text is not None and isinstance(event, Found):
            found = self.progress.found
            for place in range(MOST_RUN + len(self._texts), len(found) - 1):  # the last is not confirmed yet
                self._texts.append(self._text(place, found[place]))

    def of(self, answer: Answer) -> list[str]:
        """The texts of an answer's solutions, which are those that were found."""
        if self._text is None:
            return []
        first = [self._text(place, solution) for place, solution in enumerate(answer[:MOST_RUN])]
        done = len(first) + len(self._texts)
        return [*first, *self._texts, *(self._text(place, answer[place]) for place in range(done, len(answer)))]


def record(_: int, solution: Solution) -> str:
    """A solution as JSON, which does not say its place."""
    return solution.to_json()


def write_answer(answer: Answer, texts: Sequence[str]) -> None:
    """The whole answer as one JSON object, with these texts for its solutions."""
    fields = {name: record_text(value) for name, value in replace(answer, solutions=()).to_dict().items()}
    whole = ", ".join(f'"{name}": {text}' for name, text in fields.items())
    before, solutions, after = whole.partition('"solutions": [')

    def pieces() -> Iterator[str]:
        yield f"{{{before}{solutions}"
        for start in range(0, len(texts), LARGEST_BLOCK):
            block = ", ".join(texts[start : start + LARGEST_BLOCK])
            yield f", {block}" if start else block
        yield f"{after}}}\n"

    write_pieces(pieces())


def show(answer: Answer, page: Look, texts: Sequence[str], *, hint: bool, seconds: float) -> None:
    """The answer for a person: words, and a table, as much of it as can be drawn in time; in a pipe the rows."""
    first, *others = words(answer)
    say(look(Color.AUTO).bold(first) if page.colored else first)
    if not answer.solutions:
        say(*others)
        return
    if page.table:
        room = seconds * ROWS_DRAWN / len(answer.problem.layers)
        shown = answer[: max(1, int(min(room, len(answer))))]
        columns, parts = answers.table(shown)
        say("")
        write(drawn(columns, parts, width=page.width, bold=page.bold, dim=page.dim))
        say("")
        if len(shown) < len(answer):
            say(f"these are the first {len(shown):,} of {len(answer):,}; --jsonl prints each as it is found")
    else:
        write(["\t".join(answers.HEAD), *texts])
    say(*others, answers.checks(answer.solutions))
    if page.table and hint and answer.stopped is None:
        say(answers.hint(answer.solutions[0]))


def words(answer: Answer) -> list[str]:
    """What came out, and the limits that it came out in."""
    return [answers.headline(answer), *answers.limits(answer.problem)]
