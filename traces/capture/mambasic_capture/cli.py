"""The command line: mambasic-capture hf | quamba."""

import argparse
import sys
from pathlib import Path
from typing import List, Optional

from . import __version__
from .errors import CaptureError

USAGE_ERROR = 2


class _Parser(argparse.ArgumentParser):
    """One line for an error, as mambasic itself has it."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise CaptureError(f"{message}; see {self.prog} --help")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' must be a whole number above 0")
    return int(text)


def _layers(text: str) -> range:
    first, _, end = text.partition(":")
    if not (first.isdecimal() and end.isdecimal()) or int(first) >= int(end):
        raise argparse.ArgumentTypeError(f"'{text}' must be FIRST:END, as in 0:4")
    return range(int(first), int(end))


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", metavar="FILE", help="a text, for the model's own tokenizer")
    source.add_argument(
        "--tokens", metavar="IDS", help="token ids, as in 12,7,0, or a file of them"
    )
    parser.add_argument("--tokenizer", metavar="DIR", help="where the model's folder has none")
    parser.add_argument(
        "--out", metavar="TRACE", type=Path, required=True, help="the file to write"
    )
    parser.add_argument("--sequences", type=_positive, default=1, help="of the batch; default 1")
    parser.add_argument(
        "--length", type=_positive, help="tokens of each, after its prompt; default: all there are"
    )


def _add_hf(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    hf = verbs.add_parser("hf", help="calibrate and quantize a Hugging Face Mamba or Mamba2 model")
    hf.add_argument("model", metavar="MODEL_DIR", help="a folder that save_pretrained wrote")
    _add_inputs(hf)
    hf.add_argument("--precision", choices=["w8a8", "w4a8"], default="w8a8")
    hf.add_argument("--phase", choices=["prefill", "decode"], default="prefill")
    hf.add_argument(
        "--prompt", type=_positive, help="decode: tokens of each sequence that only make its states"
    )
    hf.add_argument(
        "--calibrate", metavar="FILE", help="a text to calibrate on; default: what runs"
    )
    hf.add_argument("--samples", type=_positive, default=512, help="of calibration, at most")
    hf.add_argument("--sample-tokens", type=_positive, default=512, help="of each, at most")
    hf.add_argument(
        "--layers", metavar="FIRST:END", type=_layers, help="default: all, with the head"
    )
    hf.add_argument(
        "--float-outputs", action="store_true", help="also keep what each layer made in floats"
    )
    hf.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    hf.set_defaults(run=_run_hf)


def _add_quamba(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    quamba = verbs.add_parser("quamba", help="convert a checkpoint that Quamba saved")
    quamba.add_argument("checkpoint", metavar="CKPT_DIR", help="pytorch_model.bin and config.json")
    _add_inputs(quamba)
    quamba.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="also what Quamba's own kernels make of the tokens; needs quamba and a GPU",
    )
    quamba.set_defaults(run=_run_quamba)


def _run_quamba(arguments: argparse.Namespace) -> None:
    from .quamba_trace import Request, run

    run(
        Request(
            checkpoint=arguments.checkpoint,
            out=arguments.out,
            text=arguments.text,
            tokens=arguments.tokens,
            tokenizer=arguments.tokenizer,
            batch=arguments.sequences,
            length=arguments.length,
            record=arguments.record,
        )
    )


def _run_hf(arguments: argparse.Namespace) -> None:
    from .hf_trace import Request, capture  # torch takes seconds to import

    if (arguments.phase == "decode") != (arguments.prompt is not None):
        raise CaptureError("--prompt N goes with --phase decode, and decode with it")
    capture(
        Request(
            model=arguments.model,
            out=arguments.out,
            text=arguments.text,
            tokens=arguments.tokens,
            tokenizer=arguments.tokenizer,
            calibration_text=arguments.calibrate,
            samples=arguments.samples,
            sample_tokens=arguments.sample_tokens,
            batch=arguments.sequences,
            length=arguments.length,
            phase=arguments.phase,
            prompt=arguments.prompt or 0,
            precision=arguments.precision,
            layers=arguments.layers,
            float_outputs=arguments.float_outputs,
            device=arguments.device,
        )
    )


def _parser() -> _Parser:
    parser = _Parser(prog="mambasic-capture", description="Makes traces for mambasic.")
    parser.add_argument("--version", action="version", version=f"mambasic-capture {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    _add_hf(verbs)
    _add_quamba(verbs)
    return parser


def main(words: Optional[List[str]] = None) -> int:
    """Exit status: 0 done, 2 what was given is wrong, and then nothing is written."""
    try:
        arguments = _parser().parse_args(words)
        arguments.run(arguments)
    except CaptureError as error:
        print(f"mambasic-capture: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:  # of a library below: a full disk, a file that went away
        print(f"mambasic-capture: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("mambasic-capture: interrupted, nothing written", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
