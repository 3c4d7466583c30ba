"""Bad input: the exact words, exit code 2, and nothing overwritten."""

from __future__ import annotations

import json
import shlex
import warnings
from pathlib import Path

import pytest

from tests.command_line import convsolve

SIZE = "write a size an axis: 28, 28x28, 4x5x6, with channels in front: 128@4x4"
DOMAIN = "write a number (3), a list (3,5,7), a range (1..7), a step (2..16:2), or one an axis (3x5)"
NINES = "9" * 5000
SHOWN_NINES = f"'{'9' * 35}...'"
MANUAL = "convsolve solve --help shows examples"
UNSUPPORTED = "families are not solved in this version"
PARAMETERS = "kernel_size, stride, padding, dilation, output_padding"
DEPTHS = "write a number (4), or what it may be (2..6)"

BAD = {
    "solve 28 14 --layers 4 --where 'stride[7] == 2'": (
        "no-such-layer",
        "stride[7] == 2: stride[7]: 4 layers have stride",
        "write stride[0] to stride[3], or stride[-1] for the last",
    ),
    "solve 12@8x8 4@16x16 --stack PixelShuffle(2)": (
        "bad-channels",
        "layer 0 (PixelShuffle) makes 3 of 12 channels, and the target has 4",
        "12 channels make 3: 4 need 16",
    ),
    "solve 13@8x8 4@16x16 --stack PixelShuffle(2)": (
        "bad-channels",
        "layer 0 (PixelShuffle): 13 channels come to it, and it takes a multiple of 4",
        "change the channels in front of it, or its own numbers",
    ),
    "solve 28 14 --kernel 3": (
        "usage",
        "'--kernel' is no option of convsolve solve",
        "did you mean '--kernel-size'?",
        MANUAL,
    ),
    # sizes that are no sizes
    "solve 4x 28": ("bad-size", "input '4x' is no size", SIZE),
    "solve 7 0": ("bad-size", "target: 0 is not between 1 and 2147483647", SIZE),
    "solve 7 -28": ("bad-size", "-28 is no size: sizes are 1 or more", SIZE),
    "solve 7 2.5": ("bad-size", "target '2.5' is no size", SIZE),
    "solve '' 28": ("bad-size", "input '' is no size", SIZE),
    "solve 7 '٢٨'": ("bad-size", r"target '\u0662\u0668' is no size", SIZE),
    f"solve {NINES} 28": ("bad-size", f"input {SHOWN_NINES}: no number is above 2147483647", SIZE),
    "solve 1x2x3x4 1x2x3x4": ("bad-size", "input '1x2x3x4' has 4 axes; PyTorch convolves over 1 to 3", SIZE),
    "solve '4x4 -> 61x79' 3": ("bad-size", "input '4x4 -> 61x79' is no size", SIZE),
    "solve 7 ?": (
        "mixed-directions",
        "from 7 to ? sizes may grow or shrink",
        "what can be reached hangs on the layers: write --layer conv, --layer conv_transpose or --stack",
    ),
    "solve [8..2] 7": ("bad-size", "input '[8..2]': the range [8..2] is empty", "write [2..8]"),
    "solve [0..2] 7": ("bad-size", "input: 0 is not between 1 and 2147483647", SIZE),
    "solve [2..8] 5 --monotone --layer conv": (
        "bad-condition",
        "--monotone: on axis 0 the sizes to be found are smaller and larger than the other end",
        "narrow the sizes, or write --where: out_size >= in_size",
    ),
    "trace Conv(k=3) --input ?": ("bad-size", "input ? leaves a size to be found", SIZE),
    "solve H 2h": ("bad-size", "target '2h' is no size", "a family has capital letters: 2H", SIZE),
    "trace Conv(k=3) --input H": ("bad-size", "input H is a family of sizes", "give one of them: 28, 28x28"),
    # dimensions
    "solve 4x4 61": (
        "dimension-mismatch",
        "input 4x4 has 2 axes, target 61 has 1",
        "give one size an axis on both sides, as in 4x4 61x61",
    ),
    "solve 4x4 8x8 -k 3x3x3": (
        "dimension-mismatch",
        "kernel_size 3x3x3 has 3 axes, the sizes have 2",
        "give one domain for all axes, or 2",
    ),
    "solve 4x61 8x30": (
        "mixed-directions",
        "from 4x61 to 8x30 one axis grows and another shrinks",
        'write the layers, as in --stack "Conv() >> ConvTranspose()"',
    ),
    # domains
    "solve 7 28 -k 7..1": ("empty-domain", "kernel_size: the range 7..1 is empty", "write 1..7"),
    "solve 7 28 -k ''": ("bad-domain", "kernel_size: '' is no domain", DOMAIN),
    "solve 7 28 -k 3..": ("bad-domain", "kernel_size: '3..' is no domain", DOMAIN),
    "solve 7 28 -k 1..7:0": ("bad-domain", "kernel_size: the step of 1..7:0 is 0", "write 1..7"),
    "solve 7 28 -s 0": ("bad-value", "stride must be at least 1, not 0", DOMAIN),
    "solve 7 28 -p -1": ("bad-domain", "padding: '-1' is no domain", DOMAIN),
    "solve 7 28 --padding=-1": ("bad-domain", "padding: '-1' is no domain", DOMAIN),
    f"solve 7 28 -k {NINES}": ("bad-value", f"kernel_size must be at most 4096, not {SHOWN_NINES}", DOMAIN),
    "solve 7 28 -k 5000": ("bad-value", "kernel_size must be at most 4096, not 5000", DOMAIN),
    "solve 28 7 --output-padding 1": (
        "unknown-parameter",
        "output_padding was given, and no layer (Conv) leaves it open",
        "leave out --output-padding, or change the layers",
    ),
    'solve 28 7 --stack "Conv(k=3)" -k 5': (
        "unknown-parameter",
        "kernel_size was given, and no layer (Conv) leaves it open",
        "leave out --kernel-size, or leave kernel_size out of a layer",
    ),
    # kinds and parameters
    "solve 7 28 --layer cnv": ("unknown-kind", "--layer 'cnv' is not known", "did you mean 'conv'?"),
    "solve 28 7 --stack 'Convo(k=3)'": ("unknown-kind", "'Convo' is no layer kind", "did you mean 'Conv'?"),
    "solve 28 7 --stack 'Conv(kernel=3)'": (
        "unknown-parameter",
        "Conv has no parameter 'kernel'",
        "did you mean 'kernel_size'?",
    ),
    "solve 28 7 --stack 'Conv(k=3'": (
        "bad-stack",
        "'Conv(k=3' is no stack",
        'write a stack such as "Conv(kernel_size=3, stride=2) >> MaxPool(2) >> ConvTranspose() * 4"',
    ),
    "solve 28 7 --stack 'Conv()' --layers 2": (
        "usage",
        "a stack already says its layers",
        "leave out --layer and --layers",
    ),
    "solve 28 7 --tie kernel": ("unknown-parameter", "--tie: 'kernel' is no parameter", "did you mean 'kernel_size'?"),
    "solve 28 7 --channels 1,2,3": (
        "bad-channels",
        "3 channels for 1 convolution(s)",
        "give 2 numbers, one more than there are convolutions",
    ),
    # numbers of layers and solutions
    "solve 7 28 --layers 0": ("bad-value", "layers must be a number from 1 to 1000, not '0'", DEPTHS),
    "solve 7 28 --layers 6..2": ("empty-domain", "layers: the range 6..2 is empty", "write 2..6"),
    "solve 7 28 --layers 2x3": ("bad-value", "layers must be a number from 1 to 1000, not '2x3'", DEPTHS),
    f"solve 7 28 --layers {NINES}": (
        "bad-value",
        f"layers must be a number from 1 to 1000, not {SHOWN_NINES}",
        DEPTHS,
    ),
    "solve 7 28 --count -1": ("bad-value", "--count: '-1' is no number from 0 on", "write --count 4"),
    # limits of the search
    "solve 7 28 --timeout 0": (
        "bad-value",
        "--timeout: '0' is no number of seconds above 0 and up to 100000000",
        "write --timeout 10, in Python timeout=...",
    ),
    "count 7 28 --memory 1e9": (
        "bad-value",
        "--memory: '1e9' is no number of mebibytes above 0 and up to 1073741824",
        "write --memory 500, in Python memory=...",
    ),
    # words of the command line
    "solve 7": ("usage", "TARGET is missing", "write convsolve solve [OPTIONS] INPUT TARGET", MANUAL),
    "solve 7 28 9": ("usage", "got unexpected extra argument(s) (9)", MANUAL),
    "slove 7 28": ("usage", "'slove' is no command", "did you mean 'solve'?"),
    "solve 7 28 --kernal-size 3": (
        "usage",
        "'--kernal-size' is no option of convsolve solve",
        "did you mean '--kernel-size'?",
        MANUAL,
    ),
    "--layers 4 solve 4x4 61x79": (
        "usage",
        "'--layers' is no option of convsolve",
        "it belongs behind a command: convsolve solve --layers ...",
        "convsolve --help shows examples",
    ),
    "--show-config": (
        "usage",
        "'--show-config' is no option of convsolve",
        "it belongs behind a command: convsolve solve --show-config ...",
        "convsolve --help shows examples",
    ),
    "--versoin": (
        "usage",
        "'--versoin' is no option of convsolve",
        "did you mean '--version'?",
        "convsolve --help shows examples",
    ),
    "solve 7 28 -z": ("usage", "'-z' is no option of convsolve solve", MANUAL),
    "solve 7 28 --stride": ("usage", "option '--stride' requires an argument", MANUAL),
    "solve 7 28 --all=1": ("usage", "option '--all' does not take a value", MANUAL),
    "solve 7 28 --color sometimes": ("usage", "--color: 'sometimes' is not known", "known: auto, always, never"),
    "solve 7 28 --check torhc": ("usage", "--check: 'torhc' is not known", "did you mean 'torch'?"),
    "solve 7 28 --all --count 3": ("usage", "--all and --count exclude each other", "leave one of them out"),
    "solve 7 28 --all --jsonl --check torch": (
        "usage",
        "--jsonl --all prints combinations as they are found, checked by integers alone",
        "leave out --all, or --emit and --check",
    ),
    "solve 4x4 61x79 --layers 4 --all": (
        "too-many",
        "more than 500,000 combinations are too many to hold at once",
        "--jsonl --all prints them as they are found",
        "--count 100 lists the first hundred",
    ),
    # other commands
    "trace 'Conv()' --input 28": ("missing-parameter", "Conv needs kernel_size", "write Conv(kernel_size=3)"),
    "trace 'Conv(k=3)' --input -28": ("bad-size", "input '-28' is no size", SIZE),
    "trace 'Conv(k=3)'": (
        "usage",
        "--input is missing",
        "write convsolve trace [OPTIONS] STACK",
        "convsolve trace --help shows examples",
    ),
    "trace nets/decoder.py:model --input 28": (
        "unsupported",
        "'nets/decoder.py:model': models in files are not read in this version",
        'write the layers: convsolve trace "Conv(k=3) >> MaxPool(2)" --input 28x28',
    ),
    "schema anwser": ("usage", "'anwser' is no record", "did you mean 'answer'?"),
    "verify decoder.py --input 3 --output 3": (
        "bad-model",
        "'decoder.py' names no model",
        "write FILE.py:NAME or module:NAME, such as decoder.py:model",
    ),
    "emit nowhere.json": (
        "cannot-read",
        "'nowhere.json': no such file or directory",
        "give a file of convsolve solve --json or --jsonl",
        "- reads stdin",
    ),
}


@pytest.mark.parametrize("line", BAD, ids=lambda line: line[:40])
def test_bad_input_is_told_in_these_words(line: str) -> None:
    code, message, *help_lines = BAD[line]
    said = convsolve(*shlex.split(line))
    expected = "\n".join([f"error[{code}]: {message}", *(f"  help: {text}" for text in help_lines)])
    assert said == (2, "", f"{expected}\n")


@pytest.mark.parametrize(
    "line", ["solve 7 0 --json", "solve 7 28 --json --jsonl", "solve 7 28 --json --no-such-option", "count 7 --json"]
)
def test_with_json_an_error_is_a_record_too(line: str) -> None:
    said = convsolve(*shlex.split(line))
    record = json.loads(said.out)
    assert said.code == 2
    assert record["schema"] == "convsolve.error/1"
    assert said.err.startswith(f"error[{record['code']}]: {record['message']}\n")
    assert said.err.count("help:") == len(record["help"])


def test_a_defect_is_one_line_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from convsolve import answering

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nothing\nand more")

    monkeypatch.setattr(answering, "search", broken)
    said = convsolve("solve", "7", "28")
    first, second = said.err.splitlines()
    assert said.code == 1
    assert first.startswith("error[internal]: ZeroDivisionError at test_cli_errors.py:")
    assert first.endswith(": by nothing")
    assert "please report" in second


def test_want_of_memory_is_giving_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from convsolve import answering

    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(answering, "search", greedy)
    said = convsolve("solve", "7", "28", "--json")
    assert said.code == 4
    record = json.loads(said.out)
    assert (record["status"], record["stopped"]) == ("gave_up", "memory")
    assert "gave up: memory ran out before an answer or a proof\n" in said.err


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "decoder.py"
    file.write_text("mine", encoding="utf-8")
    said = convsolve("solve", "7", "28", "--count", "1", "--emit", str(file))
    assert said == (2, "", f"error[file-exists]: '{file}' is already there\n  help: add --force\n")
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_missing_directory_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "nets" / "decoder.py"
    said = convsolve("solve", "7", "28", "--count", "1", "--emit", str(file))
    assert said.code == 2
    assert said.err == (
        f"error[no-directory]: '{file.parent}' is no directory\n  help: make it first, or choose another file\n"
    )
    assert not file.parent.exists()


def test_what_is_impossible_by_a_tie_is_told_how_to_untie() -> None:
    said = convsolve("solve", "28x28", "28x14")
    assert said.code == 3
    assert said.err.splitlines()[3:] == [
        "because 28 -> 28 and 28 -> 14 are possible, each by itself",
        "because kernel_size and stride must be equal on all axes",
        "so no setting serves all axes",
        "  help: no tie of stride: 28x28 -> 28x14",
        "          convsolve solve 28x28 28x14 --tie kernel_size,dilation",
        "  help: 3 layers: 28x28 -> 28x22 -> 28x16 -> 28x14",
        "          convsolve solve 28x28 28x14 --layers 3",
        "  help: dilation 3: 28x28 -> 28x14",
        "          convsolve solve 28x28 28x14 -d 3",
    ]
    assert convsolve("solve", "28x28", "28x14", "--tie", "kernel_size,dilation").code == 0


def test_words_that_would_do_something_to_a_terminal_are_escaped() -> None:
    assert convsolve("solve", "7", "28", "\x1b[31m\u202e").err.splitlines()[0] == (
        "error[usage]: got unexpected extra argument(s) (\\x1b[31m\\u202e)"
    )
    assert convsolve("solve", "-1\x9b", "28").err.startswith(
        r"error[bad-size]: '-1\x9b' is no size: sizes are 1 or more"
    )
    assert convsolve("explain-error", "\x1b[31m").err == (
        "error[cannot-read]: '\\x1b[31m': no such file or directory\n"
        "  help: give a file with a message of torch's\n  help: - reads stdin\n"
    )


@pytest.mark.parametrize("text", ["Conv(k=3if s else 1)", r"Act('\d')", "Conv(k=0xfor)", "Conv(k=1_)"])
def test_python_itself_says_nothing_beside_the_error(text: str) -> None:
    """Such numbers and backslashes make its parser warn on stderr."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert convsolve("solve", "7", "7", "--stack", text).err.startswith("error[bad-stack]: ")
        assert convsolve("solve", "7", "7", "--where", text).err.startswith("error[bad-expression]: ")
    assert said == []
