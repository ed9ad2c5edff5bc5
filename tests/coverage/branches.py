"""Reads what llvm-cov exports and tells how many branches of each file and folder were taken. Called by tests/coverage/branches.

branches.py EXPORT EXCEPTIONS LEAST MISSING FOLDER...   in the tree; EXPORT is the JSON of `llvm-cov export`, LEAST the percentage that
every folder must have; MISSING gets a line for every branch that was not taken.

A branch is one outcome of a condition as it is written: true or false of each part of a decision, a case of a switch. In a template or an
inline function, taken in one instance is taken. Left out are the conditions that EXCEPTIONS (form: conditions.py) has for every file:
they go one way unless the program is wrong. A SATCHEL_TRY decides nothing: it hands an error on, as an exception would. How many did is
told beside the branches and asks for no share. Exit: 0 every folder has enough, 1 otherwise.
"""

import collections
import json
import os
import re
import sys

import conditions

HANDS_ON = re.compile(r"SATCHEL_(CO_)?TRYV?\(")


def main(export_path, exceptions_path, least, missing_path, *folders):
    everywhere = [text for file, times, text, reason in conditions.read_exceptions(exceptions_path) if file == "*"]
    files = {
        os.path.join(at, name)
        for folder in folders
        for at, _, names in os.walk(folder)
        for name in names
        if name.endswith((".cpp", ".hpp"))
    }
    with open(export_path) as export:
        found, _ = conditions.read(json.load(export), files)

    total, taken, missing = collections.Counter(), collections.Counter(), []
    may_hand_on, handed_on = collections.Counter(), collections.Counter()
    for c in found:
        if conditions.no_decision(c) or any(conditions.matches(c.text, text) for text in everywhere):
            continue
        if HANDS_ON.match(c.text):
            may_hand_on[c.file.split("/")[0]] += 1
            handed_on[c.file.split("/")[0]] += c.true > 0
            if not c.true:
                missing.append((c.file, c.line, "no error handed on", c.text))
            continue
        outcomes = [("not taken", c.true)] if c.a_case() else [("never true", c.true), ("never false", c.false)]
        for lacks, count in outcomes:
            for part in (c.file, c.file.split("/")[0]):
                total[part] += 1
                taken[part] += count > 0
            if not count:
                missing.append((c.file, c.line, lacks, c.text))
    with open(missing_path, "w") as out:
        for file, line, lacks, text in sorted(missing):
            out.write(f"{file}:{line}: {lacks}: {text}\n")

    def share(part):
        return 100 * taken[part] / total[part] if total[part] else 0

    for file in sorted(files):
        if total[file]:
            print(f"{file:44} {taken[file]:6} of {total[file]:6}  {share(file):5.1f} %")
    print()
    few = False
    for folder in folders:
        enough = share(folder) >= float(least)
        few = few or not enough
        print(
            f"{folder}: {taken[folder]} of {total[folder]} branches, {share(folder):.1f} %"
            + ("" if enough else f": fewer than {least} %")
            + f"; {handed_on[folder]} of {may_hand_on[folder]} places handed an error on"
        )
    return 1 if few else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
