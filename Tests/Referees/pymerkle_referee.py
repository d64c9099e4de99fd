#!/usr/bin/env python3
"""Compares roots and inclusion proofs with the pymerkle library. Exits with 77 where it is absent.

    pymerkle_referee.py DIRECTORY          (see referee.py for what it holds)
"""
import base64
import pathlib
import sys

try:
    from pymerkle import InmemoryTree
except ImportError:
    print("skipped: pymerkle is not installed")
    sys.exit(77)

passed = failed = 0


def judge(name, verdict):
    global passed, failed
    if verdict:
        passed += 1
    else:
        failed += 1
        print("FAILED", name)


def read_leaves(data):
    leaves, at = [], 0
    while at < len(data):
        count = int.from_bytes(data[at:at + 2], "big")
        leaves.append(data[at + 2:at + 2 + count])
        at += 2 + count
    return leaves


def note_head(data):
    lines = data.decode().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


folder = pathlib.Path(sys.argv[1])
# The library takes minutes for the largest tree; the smaller ones have every shape.
sizes_max = 5000
tree = InmemoryTree(algorithm="sha256")
for leaf in read_leaves((folder / "leaves").read_bytes())[:sizes_max]:
    tree.append_entry(leaf)

root_at = getattr(tree, "get_root", None) or tree.get_state

for path in sorted(folder.glob("checkpoint-*")):
    size, root = note_head(path.read_bytes())
    if size <= sizes_max:
        judge(path.name + ": root", root_at(size) == root)

for path in sorted(folder.glob("proof-*.tlog-proof")):
    head, _, note = path.read_bytes().partition(b"\n\n")
    lines = head.decode().splitlines()
    index = int(lines[1].removeprefix("index "))
    size, root = note_head(note)
    if size > sizes_max:
        continue
    # pymerkle counts from 1 and puts the leaf itself before its siblings.
    theirs = tree.prove_inclusion(index + 1, size).path[1:]
    ours = [base64.b64decode(line) for line in lines[2:]]
    judge(path.name + ": inclusion", theirs == ours)

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
