"""Reads what llvm-cov exports and tells which conditions never decided alone. Called by tests/coverage/mcdc.

conditions.py EXPORT EXCEPTIONS FILE...   in the tree; EXPORT is the JSON of `llvm-cov export`.

An exception is a line of four parts with tabs between: file, how many conditions it is for (* for any), the text of the condition as it
is written there (a text that ends in * is the beginning of one; of a macro its line), and why. One that is for nothing fails, too.

A condition of a decision with several (`a && b`) counts when each of its two outcomes, the others standing still, has changed
the decision (LLVM's records). A decision with one condition counts when it went both ways, a case of a switch when it was taken. Loops over a
range and a switch that takes no case decide nothing that is written. In a template or an inline function one
instance that does it is enough. Exit: 0 all count or are explained, 1 otherwise.
"""

import collections
import fnmatch
import json
import sys

EXPANSION, BRANCH, MCDC_BRANCH = 1, 4, 6


class Sources:
    def __init__(self):
        self.read = {}

    def lines(self, file):
        if file not in self.read:
            with open(file, "rb") as source:
                self.read[file] = source.read().split(b"\n")
        return self.read[file]

    def text(self, file, l1, c1, l2, c2):
        lines = self.lines(file)[l1 - 1 : l2]
        lines[-1] = lines[-1][: c2 - 1]
        lines[0] = lines[0][c1 - 1 :]
        return " ".join(b" ".join(lines).decode().split())


sources = Sources()


class Condition:
    def __init__(self, file, line, text, decision):
        self.file, self.line, self.text, self.decision = file, line, text, decision
        self.true = self.false = 0
        self.alone = False
        self.single = False
        self.reason = None

    def a_case(self):
        return self.text.startswith(("case ", "default"))

    def counts(self):
        if self.a_case():
            return self.true > 0
        return self.true and self.false if self.single else self.alone

    def lacks(self):
        if not self.true and not self.false:
            return "never reached"
        if not self.true:
            return "never true"
        if not self.false:
            return "never false"
        return "never decides alone"


def place(function, file_id, region):
    """Where a region was written by hand: the use of the macro that it comes from."""
    uses = {r[6]: r for r in function["regions"] if r[7] == EXPANSION}
    macro = None
    while file_id in uses:
        use = uses[file_id]
        file_id, region = use[5], use[:4]
        macro = region
    return function["filenames"][file_id], tuple(region[:4]), macro is not None


def read(export, files):
    conditions = {}
    unmeasured = set()

    def at(function, branch, decision):
        file, where, in_macro = place(function, branch[6], branch[:4])
        if file not in files:
            return None
        # Several conditions of one macro are told apart by where they stand in it.
        key = (file, where, tuple(branch[:4]) if in_macro else None)
        if key not in conditions:
            end = (where[0] + 1, 1) if in_macro else where[2:]
            conditions[key] = Condition(file, where[0], sources.text(file, *where[:2], *end), decision)
        found = conditions[key]
        found.true += branch[4]
        found.false += branch[5]
        return found

    for function in export["data"][0]["functions"]:
        if not files.intersection(function["filenames"]):
            continue
        several = collections.defaultdict(list)
        for branch in function["branches"]:
            if branch[8] == MCDC_BRANCH:
                several[branch[6]].append(branch)
                continue
            found = at(function, branch, "")
            if found is None:
                continue
            found.single = True
            file, where, in_macro = place(function, branch[6], branch[:4])
            if not in_macro and joined(file, where):
                unmeasured.add((file, where[0], found.text))
        for record in function["mcdc_records"]:
            l1, c1, l2, c2, outcomes = *record[:4], record[-1]
            for file_id, branches in several.items():
                inside = [b for b in branches if (l1, c1) <= (b[0], b[1]) and (b[2], b[3]) <= (l2, c2)]
                if len(inside) == len(outcomes):
                    break
            else:
                raise SystemExit(f"{function['name']}: a decision at {l1}:{c1} whose conditions are not found")
            whole = sources.text(function["filenames"][file_id], l1, c1, l2, c2)
            for branch, alone in zip(inside, outcomes):
                found = at(function, branch, whole)
                if found is not None:
                    found.alone = found.alone or alone
    return list(conditions.values()), sorted(unmeasured)


def joined(file, where):
    """Is this a part of a decision with several conditions, which the compiler did not measure?"""
    l1, c1, l2, c2 = where
    lines = sources.lines(file)
    before = sources.text(file, max(1, l1 - 2), 1, l1, c1).rstrip("(! ")
    after = sources.text(file, l2, c2, min(len(lines), l2 + 2), 1).lstrip(") ")
    return before.endswith(("&&", "||")) or after.startswith(("&&", "||"))


def main(export_path, exceptions_path, *names):
    files = set(names)
    with open(export_path) as export:
        read_in = json.load(export)
    conditions, unmeasured = read(read_in, files)
    seen = {name for function in read_in["data"][0]["functions"] for name in function["filenames"]}
    conditions = [c for c in conditions if not no_decision(c)]

    problems = []
    for file, times, text, reason in read_exceptions(exceptions_path):
        hits = [c for c in conditions if not c.counts() and fnmatch.fnmatchcase(c.file, file) and matches(c.text, text)]
        for c in hits:
            c.reason = reason
        if times == "*" and not hits or times != "*" and len(hits) != int(times):
            problems.append(f"{exceptions_path}: {file}: {text}: written for {times}, found {len(hits)}")

    per_file = collections.defaultdict(list)
    for c in conditions:
        per_file[c.file].append(c)
    print(f"{'file':34} {'conditions':>10} {'hold':>6} {'explained':>10} {'missing':>8} {'MC/DC':>8}")

    def row(name, some):
        held = sum(bool(c.counts()) for c in some)
        explained = sum(not c.counts() and c.reason is not None for c in some)
        share = f"{100 * held / len(some):.1f} %" if some else "-"
        print(f"{name:34} {len(some):10} {held:6} {explained:10} {len(some) - held - explained:8} {share:>8}")

    for name in names:
        row(name, per_file[name])
    row("all", conditions)

    missing = [c for c in conditions if not c.counts() and c.reason is None]
    for c in sorted(missing, key=lambda c: (c.file, c.line)):
        print(f"{c.file}:{c.line}: {c.lacks()}: {c.text}" + (f"   in: {c.decision}" if c.decision else ""))
    for file, line, text in unmeasured:
        problems.append(f"{file}:{line}: not measured, a decision within a decision: {text}")
    for name in names:
        if not per_file[name] and name not in seen:
            problems.append(f"{name}: in none of the test programs")
    for problem in problems:
        print(problem)
    held = sum(bool(c.counts()) for c in conditions)
    print(f"{len(conditions)} conditions: {held} decided alone, {len(conditions) - held - len(missing)} explained, {len(missing)} missing")
    return 1 if missing or problems else 0


def read_exceptions(path):
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                file, times, text, reason = line.rstrip("\n").split("\t")
                yield file, times, " ".join(text.split()), reason


def matches(text, pattern):
    return fnmatch.fnmatchcase(text, pattern) if pattern.endswith("*") else text == pattern


def no_decision(c):
    """A loop over a range, a switch as a whole, and what decides while compiling."""
    line = sources.lines(c.file)[c.line - 1].decode()
    return c.text == ":" or f"switch ({c.text})" in line or "if constexpr" in line


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
