"""Ask a system every question of a set, have other judges look at what it shows, and keep all of it in a folder.

The questions are those of eval/questions/ (`--set dev` to work with, `--set test` to report from) or of `--questions
FILE`; the articles are those of an archive. `--sample N` takes N of them, of every type its share. `--withhold` asks
those that have an answer of a copy of the archive that lacks it (`eval/withheld.py`). With `--out` naming the folder of
a run that was stopped, by Ctrl-C too, it goes on from there.

`--judge` is what checks sentences while the system answers (`Settings.judge`). `--second` is what looks at the answers
afterwards, beside the literal judge; it must be another one, or none.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import rag
from eval import asked, runs, scores, withheld
from eval.asked import Asked
from eval.cases import Case, Finding
from eval.metrics.faithfulness import LITERAL, subsets
from eval.progress import shown
from eval.runs import Run
from eval.systems import Responder, connect
from eval.withheld import Withholding
from rag.errors import SettingsError
from rag.types import Verdict

SUMMARY = "ask a system every question of a set, and keep everything"
SECOND = "local:qwen2.5-coder-1.5b"
NONE = "none"
QUESTIONS = Path(asked.__file__).parent / "questions"
SETS = {"dev": ("dev",), "test": ("test",), "all": ("dev", "test")}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--set", choices=SETS, default="dev", help="which questions (default: dev)")
    parser.add_argument("--questions", type=Path, action="append", metavar="FILE", help="other questions instead")
    parser.add_argument("--sample", type=asked.positive, metavar="N", help="only N of them, of every type its share")
    parser.add_argument("--withhold", action="store_true", help="ask those with an answer while that is withheld")
    parser.add_argument("--archive", type=Path, default=Path(".rag"))
    parser.add_argument("--system", default="ours", help="ours, stock or function:MODULE:NAME (default: ours)")
    parser.add_argument("--writer", help="as for `rag ask`")
    parser.add_argument("--judge", help="what checks sentences as they are written, as in settings.toml")
    parser.add_argument("--without", help="parts of the retrieval to leave out, as in settings.toml")
    parser.add_argument("--second", default=SECOND, help=f"judge of the answers, or none (default: {SECOND})")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: a new one under runs/)")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The figures. Raises SettingsError, ReadError and what opening an archive raises."""
    names = SETS[options.set]
    files = options.questions or [QUESTIONS / f"{name}.jsonl" for name in names]
    known = asked.load(files)
    questions = sampled(withheld.of(known) if options.withhold else known, options.sample)
    if not options.archive.is_dir():
        raise SettingsError(f"there is no archive in {options.archive}", hint="Make one with `rag ingest`.")
    with ExitStack() as stack:
        place = stack.enter_context(withheld.copied(options.archive)) if options.withhold else options.archive
        archive = stack.enter_context(_opened(options, place))
        judges = seconds(archive.settings, options.second)
        if archive.settings.writer != "extractive":
            rag.open_llm(archive.settings.writer)  # so that a name that is none is said before anything is asked
        responder = connect(options.system, archive)
        if options.withhold:
            responder = Withholding.over(responder, archive, known)
        about = runs.about(archive, responder.name, questions, [file.name for file in files], Path(__file__).parent)
        kept = runs.begin(options.out or _folder(options, archive.settings), {**about, "judges": judges})
        try:
            answer(kept, responder, questions, archive)
            judge(kept, judges, archive.settings)
        except KeyboardInterrupt:
            sys.stderr.write(f"\nstopped; go on with --out {kept.folder}\n")
    cases = kept.score()
    return {"run": str(kept.folder), "asked": len(cases), "of": len(questions), **scores.table(cases)}


def _opened(options: argparse.Namespace, place: Path) -> rag.Archive:
    archive = rag.open(place)
    given = {name: getattr(options, name) for name in ("writer", "judge", "without")}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        return archive
    settings = archive.settings.override(changes, "the command line")
    archive.close()
    return rag.open(place, settings)


def _folder(options: argparse.Namespace, settings: rag.Settings) -> Path:
    what = settings.writer.replace(":", "-").replace("/", "-")
    sets = ("questions" if options.questions else options.set) + ("-withheld" if options.withhold else "")
    return Path("runs") / f"{datetime.now():%Y%m%d-%H%M%S}-{sets}-{options.system.replace(':', '-')}-{what}"


def sampled(questions: Sequence[Asked], count: int | None) -> list[Asked]:
    """At most `count` questions, always the same: of every type its share, and answerable or not as they are."""
    ordered = sorted(questions, key=lambda question: (question.type, question.answerable))
    return asked.spaced(ordered, count) if count else list(questions)


def seconds(settings: rag.Settings, second: str) -> list[str]:
    """The judges that look at the answers. Raises SettingsError for the one that checks them, by whatever name."""
    checking = rag.open_judge(settings.judge, settings).name
    if second == NONE:
        return [LITERAL]
    if rag.open_judge(second, settings).name == checking:
        raise SettingsError(
            f"{second} checks the answers: it cannot tell how good the checking is", hint="Name another with --second."
        )
    return [LITERAL] if second == LITERAL else [LITERAL, second]


def answer(kept: Run, responder: Responder, questions: Sequence[Asked], archive: rag.Archive) -> None:
    """Ask what is still to be asked; each case is kept as soon as it is there."""
    done = {case.id for case in kept.cases()}
    due = [question for question in questions if question.id not in done]
    if due:
        archive.warm(writer=archive.settings.writer != "extractive")
    for question in shown(due, f"asking {responder.name}", lambda question: question.id):
        kept.keep(asked_of(responder, question))


def asked_of(responder: Responder, question: Asked) -> Case:
    """The case of one question; whatever the system raises is its failure."""
    try:
        response = responder.ask(question)
    except Exception as error:  # noqa: BLE001  a foreign system may raise anything; one question must not end a run
        reason = error.message if isinstance(error, rag.RagError) else f"{type(error).__name__}: {error}"
        return Case(question, responder.name, None, reason, memory=runs.peak_memory())
    read = sum(rag.count_tokens(text) for _, text in response.prompt)
    tokens = {"prompt": read, "written": rag.count_tokens(response.raw)}
    memory = runs.peak_memory()
    return Case(
        question, responder.name, response.answer, None, response.opens, response.prompt, response.raw, tokens, memory
    )


def judge(kept: Run, names: Sequence[str], settings: rag.Settings) -> None:
    """Have each judge look at what it has not looked at yet."""
    cases = kept.cases()
    for name in names:
        due = [case for case in cases if any(s["citations"] for _, s in case.claims) and name not in case.judges]
        one = rag.open_judge(name, settings) if due else None
        for case in shown(due, f"judging by {name}", lambda case: case.id):
            assert one is not None
            kept.keep_findings(case.id, findings(one, name, case))


def findings(one: rag.Judge, name: str, case: Case) -> Iterator[Finding]:
    """What a judge finds of each claim against all that it cites, and against parts of it where there are several."""
    for index, sentence in case.claims:
        cited = {citation["number"]: _cited(citation, case) for citation in sentence["citations"]}
        for numbers in subsets(sentence):
            begun = time.perf_counter()
            try:
                found = one.judge(sentence["text"], [cited[number] for number in numbers])
            except rag.RagError as error:
                found = rag.Judgement(Verdict.UNCHECKED, error.message)
            took = time.perf_counter() - begun
            yield Finding(name, index, numbers, str(found.verdict), found.reason, found.probability, took)


def _cited(citation: dict[str, Any], case: Case) -> rag.Cited:
    published = datetime.fromisoformat(citation["published"]) if citation.get("published") else None
    return rag.Cited(
        citation["quote"], citation.get("title"), citation.get("outlet"), citation.get("byline"), published
    )
