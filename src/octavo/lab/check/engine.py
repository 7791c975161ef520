"""The search for what is wrong with a formatter: messages are tried, results judged, findings made small."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

from octavo._shrink import shrunk, simpler_bytes, simpler_data
from octavo.formatters.hints import missing_hint
from octavo.formatters.rules import NORMALIZE_UPLINK
from octavo.formatters.watching import Lens
from octavo.lab.bench import Bench, Seen
from octavo.lab.check import cliffs, encoders, inputs, surroundings, truncated, types, unused
from octavo.lab.check.data import made, taken
from octavo.lab.check.kinds import KINDS
from octavo.lab.check.places import Source
from octavo.lab.check.sightings import grouped
from octavo.lab.check.single import GROUPED, faults
from octavo.lab.discovery import discovered
from octavo.lab.findings import SEVERITIES, UNFINISHED, Defect
from octavo.messages import Downlink, Uplink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from octavo.lab.check.sightings import Sighting
    from octavo.lab.subjects import Subject

RUNS = 400
"""Messages drawn at random for each function, beside those that the examples lead to."""

MOST_FINDINGS = 60
"""Findings of one formatter that are told."""

MOST_SHRINKS = 400
"""Messages that one finding may cost to be made smaller."""

SHRINKS_AT_ONCE = 40
"""So many of them are tried before it is seen whether one shows it."""

SAMPLE = 40
"""Messages that are tried again elsewhere: at another time, in another zone."""

DECODERS = ("decode_uplink", "decode_downlink")

OPERATIONS = (*DECODERS, "encode_downlink")
"""In the order in which they are examined: what the decoders give is what the encoder is tried with."""

DECLARED = frozenset({"bits-never-used", "bytes-never-read", "no-data"})
"""Kinds that are no finding where a declaration says what is reserved, and what may be absent."""


class Search:
    """The examination of one formatter.

    Args:
        subject: what is examined.
        bench: its own.
        seed: what random messages are drawn from.
        runs: how many of them.
        dialect: under whose rules, or None for its own.
    """

    def __init__(self, subject: Subject, bench: Bench, *, seed: int, runs: int, dialect: str | None) -> None:
        self.subject = subject
        self.bench = bench
        self.seed = seed
        self.runs = runs
        self.dialect = dialect
        self.source = Source(subject.scripts())
        self.found: dict[tuple[str, str, str], Sighting] = {}
        self.parts: dict[tuple[str, str, str], dict[str, Sighting]] = {}
        self.uplinks: list[Seen] = []
        self.unknown: list[str] = []

    def run(self) -> list[Defect]:
        """Everything that is found, the gravest first."""
        there = [operation for operation in OPERATIONS if self.bench.has(operation)]
        for operation in there:
            if operation == "encode_downlink":
                self._encoder(both="decode_downlink" in there)
            else:
                self._decoder(operation)
        for operation, seen in self.bench.hung:
            self._keep(faults(self.bench, operation, seen, self.source))
        unfinished = [*self._lacking(there), *self._unfinished()]
        self._regroup()
        found = sorted(self._told(), key=lambda sighting: SEVERITIES.index(_severity(sighting)))
        unfinished += self._left(len(found) - MOST_FINDINGS)
        told = [self._defect(sighting) for sighting in found[:MOST_FINDINGS]]
        return sorted([*told, *unfinished], key=lambda defect: SEVERITIES.index(defect.severity))

    def _lacking(self, there: Sequence[str]) -> Iterator[Defect]:
        """That a function is not there: none at all, or one that examples are for."""
        wanted = {example.operation for example in self.subject.examples} & self.bench.table.operations.keys()
        lacking = sorted(wanted - set(there)) if there else [""]
        for operation in lacking:
            again = self._checked_again("nothing-to-run")
            yield self._plain("nothing-to-run", operation, self._looked_for(operation), command=again)

    def _looked_for(self, operation: str) -> str:
        table = self.bench.table
        if not operation:
            hint = missing_hint(table, tuple(self.source.texts.values()))
            return f"no function is here that {table.network} calls: {hint}"
        names = " or ".join(function.name for function in table.operations[operation].functions)
        return f"there are examples of {operation}, and no function for it: {names}"

    def _plain(self, kind: str, where: str, message: str, **more: Any) -> Defect:
        """A finding that no message shows."""
        found = KINDS[kind]
        reason = found.reason(self.bench.table.name)
        return Defect(kind, self.subject.name, where, message, reason, found.severity, **more)

    def _left(self, count: int) -> Iterator[Defect]:
        """That more was found than is told."""
        if count > 0:
            message = f"{MOST_FINDINGS} findings are told, the gravest, and {count} more are not"
            yield self._plain(UNFINISHED, "", message)

    def _unfinished(self) -> Iterator[Defect]:
        """That the examination ended before everything was tried, or had nothing to begin with."""
        for operation in self.unknown:
            what = "data" if operation == "encode_downlink" else "payload"
            message = f"no {what} was found that {operation} makes something of, and there are no examples"
            yield self._plain(UNFINISHED, operation, message)
        if self.bench.left_out:
            met = f"{len(self.bench.hung)} messages met a limit"
            read = f"results of {self.bench.read >> 20} million characters were read"
            message = (
                f"{read if self.bench.full else met}, and no more were tried: the rest of "
                f"{' and '.join(self.bench.left_out)} was not examined"
            )
            yield self._plain(UNFINISHED, "", message)

    def _keep(self, sightings: Iterator[Sighting]) -> None:
        """Keep the first of each kind and place."""
        for sighting in sightings:
            if self.subject.declared and sighting.kind in DECLARED:
                continue
            self.found.setdefault(sighting.key, sighting)
            self.parts.setdefault(sighting.key, {}).setdefault(sighting.part, sighting)

    def _regroup(self) -> None:
        """Put what goes away where bytes are put behind the payload with what comes of payloads that are too short."""
        for key, sighting in list(self.found.items()):
            if not sighting.part and self._is_short(sighting):
                del self.found[key], self.parts[key]
                self._keep(iter([grouped(sighting, short=True)]))

    def _is_short(self, sighting: Sighting) -> bool:
        """Whether more bytes are all that a payload needs, whichever they are.

        Where it stays with some of them, those that make it go away may only be read as one more record.
        """
        message = sighting.seen.message
        if sighting.kind not in GROUPED or sighting.operation not in DECODERS or not isinstance(message, Uplink):
            return False
        longer = [replace(message, frm_payload=message.frm_payload + more) for more in inputs.MORE]
        taken = [each for each in self.bench.see(sighting.operation, longer) if each.accepted]
        return bool(taken) and not any(sighting.holds and sighting.holds(each) for each in taken)

    def _told(self) -> Iterator[Sighting]:
        """What is told of all that was found: what is seen of whole payloads too is not told of truncated ones."""
        for key in self.found:
            kind, operation, _ = key
            parts = self.parts[key].items()
            self.parts[key] = {name: part for name, part in parts if (kind, operation, name) not in self.found}
            yield from islice(self.parts[key].values(), 1)

    # ---- decoders ----

    def _decoder(self, operation: str) -> None:
        """Examine a decoder."""
        random = Random(f"{self.seed} {operation}")  # noqa: S311 - repeatable on purpose
        seeds = self._seeds(operation, random)
        base = self.bench.see(operation, seeds)
        self.uplinks += base if operation == "decode_uplink" else []
        chosen = inputs.swept(base)
        sweeps = [self._swept(operation, each) for each in chosen]
        ports = sorted({each.f_port for each in seeds}) or [1]
        empty = [inputs.uplink(b"", port) for port in ports]
        cut = self.bench.see(operation, inputs.once([*inputs.truncations(seeds), *empty]))
        stepped = [each for places in sweeps for seen in places.values() for each in seen]
        words = [word for each in chosen for word in inputs.words(each)]
        drawn = inputs.once([*words, *inputs.drawn(seeds, ports, random, self.runs)])
        seen = [*base, *cut, *stepped, *self.bench.see(operation, drawn)]
        seen += self.bench.see(operation, inputs.once(inputs.ports(seeds)))
        self._judge(operation, seen, base, frozenset((each.payload, each.f_port) for each in cut))
        for whole, places in zip(chosen, sweeps, strict=True):
            parts = {each.payload: each for each in cut if each.f_port == whole.f_port}
            self._keep(truncated.invented(self.bench, operation, whole, places, parts))
            self._keep(cliffs.cliffs(self.bench, operation, whole, places))
            if self.subject.uplinks(operation):
                self._keep(unused.unused_bits(self.bench, operation, whole, places, seen))
        self._elsewhere(operation, seen, base)
        if operation == "decode_uplink" and self.bench.table.operations[operation].normalizer:
            self._normalizer(seen)

    def _seeds(self, operation: str, random: Random) -> list[Uplink]:
        """The examples' messages; where there are none, some that the script seems to wait for."""
        own = inputs.timed(inputs.spread(self.subject.uplinks(operation), inputs.MOST_SEEDS))
        if own:
            return own
        found = discovered(self.bench, operation, self.source.texts.values(), random)
        whole = [each for each in found if each.watched and not each.watched.past]
        self._note_unknown(operation, whole)
        return inputs.timed(each.message for each in whole if isinstance(each.message, Uplink))

    def _note_unknown(self, operation: str, found: Sequence[Any]) -> None:
        if not found and not self.bench.finished:
            self.unknown.append(operation)

    def _swept(self, operation: str, whole: Seen) -> truncated.Sweeps:
        """What comes of a message where each of its bytes is stepped."""
        places = range(min(len(whole.payload), inputs.MOST_SWEPT_BYTES))
        return {place: self.bench.see(operation, inputs.stepped(whole, place)) for place in places}

    def _judge(
        self, operation: str, seen: Sequence[Seen], base: Sequence[Seen], cut: frozenset[tuple[bytes, int]]
    ) -> None:
        """Look at every result by itself, and at what differs between them."""
        for each in seen:
            short = (each.payload, each.f_port) in cut or bool(each.watched and each.watched.past)
            self._keep(faults(self.bench, operation, each, self.source, short=short))
        own = frozenset((each.payload, each.f_port) for each in base)
        self._keep(types.changing(operation, seen, own))
        if self.subject.uplinks(operation):
            self._keep(unused.never_read(operation, base, seen))
            self._aggravate(operation, seen)

    def _aggravate(self, operation: str, seen: Sequence[Seen]) -> None:
        """Make an error of what says nothing, where no message gives anything."""
        for key, sighting in self.found.items():
            if key[:2] in (("no-result", operation), ("no-data", operation)) and not any(each.data for each in seen):
                self.found[key] = self.parts[key][""] = replace(sighting, severity="error")

    def _elsewhere(self, operation: str, seen: Sequence[Seen], base: Sequence[Seen]) -> None:
        """Try some messages in other surroundings."""
        taken = [each for each in (*base, *seen) if each.accepted]
        sample = list({(each.payload, each.f_port): each for each in taken}.values())[:SAMPLE]
        stopped = self.bench.stopped
        self._keep(surroundings.dependent(self.subject, self.dialect, operation, sample, stopped=stopped))
        self._keep(surroundings.remembering(self.bench, operation, sample))

    def _normalizer(self, seen: Sequence[Seen]) -> None:
        """Examine the normalizer with what the decoder gave."""
        given = [each for each in seen if each.accepted and each.f_port != 0][: self.runs]
        results = self.bench.normalized(given)
        for each in results:
            if not each.missing:
                self._keep(faults(self.bench, NORMALIZE_UPLINK, each, self.source))

    # ---- encoders ----

    def _encoder(self, *, both: bool) -> None:
        """Examine the encoder, and where there are both, whether the decoder reads what it writes."""
        random = Random(f"{self.seed} encode_downlink")  # noqa: S311 - repeatable on purpose
        seeds = self.subject.downlinks()
        if both:
            decoded = self.bench.see("decode_downlink", inputs.timed(self.subject.uplinks("decode_downlink")))
            seeds += [Downlink(each.data, each.f_port) for each in decoded if each.accepted]
        given = seeds or self._found(random)
        self._keep(encoders.examined(self.bench, given, random, self.runs // 2, self.source))
        if both:
            self._keep(encoders.round_trips(self.bench, seeds))

    def _found(self, random: Random) -> list[Downlink]:
        """Data that the encoder takes, where no example has any."""
        tried = made(self.bench, list(self.source.texts.values()), self.uplinks, random)
        found = taken(tried)
        told = [] if found else list(encoders.never(self.bench, tried, self.source))
        self._keep(iter(told))
        self._note_unknown("encode_downlink", [*found, *told])
        return found

    # ---- findings ----

    def _defect(self, sighting: Sighting) -> Defect:
        """A finding, as small as it can be made."""
        seen = self._smallest(sighting)
        message = seen.message
        kind = KINDS[sighting.kind]
        error = seen.error
        return Defect(
            kind=kind.name,
            subject=self.subject.name,
            where=sighting.where,
            message=sighting.told(seen) + self._others(sighting),
            why=kind.reason(self.bench.table.name, sighting.operation),
            severity=_severity(sighting),
            dialects=kind.dialects(self.bench.table.name, sighting.operation),
            file=None if error is None or self.subject.declared else error.file,
            line=None if error is None else error.line,
            column=None if error is None else error.column,
            operation=sighting.operation,
            payload=message.frm_payload if isinstance(message, Uplink) else None,
            f_port=message.f_port,
            data=message.data if isinstance(message, Downlink) else None,
            got=seen.result,
            command=self._command(sighting, seen),
            parts=tuple(sorted(f"{sighting.operation} {part}" for part in self.parts[sighting.key] if part)),
        )

    def _others(self, sighting: Sighting) -> str:
        """What else has the same cause."""
        names = [part for part in self.parts[sighting.key] if part != sighting.part]
        listed = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")  # noqa: PLR2004 - a line
        return f"; {len(names)} more where the payload is too short: {listed}" if names else ""

    def _smallest(self, sighting: Sighting) -> Seen:
        """The smallest message that shows a sighting too."""
        if sighting.holds is None or sighting.kind == "slow":
            return sighting.seen
        left = [MOST_SHRINKS]
        was_short = _is_read_past(sighting.seen)  # what a whole payload shows is shown by a whole one
        known = {_key(sighting.seen.message): sighting.seen}

        def simpler(message: Any) -> Iterator[Any]:
            candidates = _simpler(message)
            while batch := list(islice(candidates, min(left[0], SHRINKS_AT_ONCE))):
                left[0] -= len(batch)
                for each in self._again(sighting, batch):
                    if sighting.holds is not None and sighting.holds(each) and (was_short or not _is_read_past(each)):
                        known[_key(each.message)] = each
                        yield each.message

        last = shrunk(sighting.seen.message, simpler, lambda _: True)
        return known[_key(last)]

    def _again(self, sighting: Sighting, messages: list[Any]) -> list[Seen]:
        """What comes of messages where a sighting was."""
        if sighting.operation != NORMALIZE_UPLINK:
            return self.bench.see(sighting.operation, messages)
        decoded = [each for each in self.bench.see("decode_uplink", messages) if each.accepted]
        return self.bench.normalized(decoded)

    def _asked(self) -> list[str]:
        """What decides which messages are tried."""
        runs = [] if self.runs == RUNS else ["--runs", str(self.runs)]
        return ["--seed", str(self.seed), *runs]

    def _ruled(self) -> tuple[str, ...]:
        """Under whose rules."""
        return () if self.subject.declared else ("--dialect", self.bench.table.name)

    def _checked_again(self, kind: str) -> str:
        """The command that looks for a kind of finding again."""
        return shlex.join(["octavo", "check", self.subject.name, "--only", kind, *self._asked(), *self._ruled()])

    def _command(self, sighting: Sighting, seen: Seen) -> str:
        """The command that shows a message again."""
        is_trip = sighting.kind == "no-round-trip"  # what is wrong shows where the bytes are decoded
        message = encoders.written(seen) if is_trip else seen.message
        if sighting.kind in surroundings.UNSEEN:
            return self._checked_again(sighting.kind)
        words = ["octavo"]
        if isinstance(message, Uplink):
            payload = message.frm_payload.hex()
            words += ["decode", self.subject.name, payload or "[]", "-p", str(message.f_port)]
            words += ["--input", "hex" if payload else "ints"]
            words += ["--downlink"] if is_trip or sighting.operation == "decode_downlink" else []
        else:
            data = json.dumps(message.data)
            data = f" {data}" if data.startswith("-") else data  # else it would be taken for an option
            words += ["encode", self.subject.name, data, "-p", str(message.f_port)]
        for name, value in (message.variables or {}).items():
            words += ["--variable", f"{name}={value}"]
        words += ["--now", surroundings.LATER] if sighting.kind == "depends-on-clock" else []
        return shlex.join([*words, *self._ruled()])


def _severity(sighting: Sighting) -> str:
    """How grave it is; no application has port 0."""
    message = sighting.seen.message
    is_nobodys = isinstance(message, Uplink) and message.f_port == 0
    return "note" if is_nobodys else sighting.severity or KINDS[sighting.kind].severity


def _is_read_past(seen: Seen) -> bool:
    """Whether the function reads what is not there."""
    return seen.watched is not None and bool(seen.watched.past)


def _key(message: Uplink | Downlink) -> str:
    return repr(message)


def _simpler(message: Uplink | Downlink) -> Iterator[Uplink | Downlink]:
    if isinstance(message, Uplink):
        yield from (replace(message, frm_payload=content) for content in simpler_bytes(message.frm_payload))
    else:
        yield from (replace(message, data=data) for data in simpler_data(message.data))


def check(
    subject: Subject, *, seed: int = 0, runs: int = RUNS, dialect: str | None = None, stopped: Callable[[], bool] = bool
) -> list[Defect]:
    """Everything that is found wrong with a formatter, the gravest first.

    Args:
        subject: what is examined.
        seed: what random messages are drawn from; the same seed finds the same.
        runs: how many are drawn, for each function.
        dialect: under whose rules; None is the subject's own.
        stopped: whether nobody waits for the result any more.

    Raises:
        ContentError: it cannot be loaded.
    """
    with subject.open(dialect=dialect, lens=Lens()) as formatter:
        search = Search(subject, Bench(formatter, stopped), seed=seed, runs=runs, dialect=dialect)
        return search.run()
