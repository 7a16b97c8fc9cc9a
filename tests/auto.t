#!/bin/sh
# rl-train -r auto: what it tries, what it keeps, and what it says of it.
. "$(dirname "$0")/tap.sh"

mini=$root/data/mini
pair="--strong larch/large-1.5 --weak fern-small-0.3b"

# --- who waits ---------------------------------------------------------------

if command -v script >/dev/null; then
	script -qec "rl-train --set folds=4 $pair -o m.rk $mini/train.jsonl" \
		/dev/null </dev/null >shown
	like "$(tr '\r' '\n' <shown)" \
		"*rl-train: *[0-9] %, 0:[0-9][0-9] left, *fold [1-4] of 4*" \
		"a terminal sees how far it is, and the time left"
else
	skip "a terminal sees how far it is" "no script here"
fi
rl-train -q -r length $pair -o old.rk "$mini/train.jsonl" >rec
cp old.rk new.rk
timeout --preserve-status -s INT 1 \
	rl-train $pair --set members=9 --set folds=50 -o new.rk "$mini/train.jsonl" >out 2>err
is $? 130 "an interrupt ends it"
same old.rk new.rk "... and leaves the old file"
is "$(ls -A | grep -c new.rk)$(cat out err)" 1 "... and nothing else"

finish
