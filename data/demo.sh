#!/bin/sh
# demo.sh - the whole pipeline on data/mini, each command before its output.
# usage: make demo, or RK_BUILD=folder-of-the-programs sh data/demo.sh, from the
# repository root. What it makes stays in the build folder, under demo/.

RK_BUILD=${RK_BUILD:-$PWD/build}
out=${RK_BUILD#"$PWD/"}/demo
strong=larch/large-1.5
weak=larch/medium-0.9
pair="--strong $strong --weak $weak"

say() {
	printf '\n%s\n\n' "$*"
}

# Prints a command line, then runs it.
run() {
	printf '$ %s\n' "$1"
	eval "$1" || {
		echo "demo: that command failed" >&2
		exit 1
	}
}

mkdir -p "$out" || exit 1
say 'routekit sends each query to the model that is worth its price.

data/mini is a made-up set of 2,000 queries to three made-up models, with what
each answer was worth and what it cost. On its test part the dear model is right
90 times in a hundred, and one at a twelfth of the price 71 times. Which queries
need the dear one? Each command stands before its output, to be copied.'
run "PATH=$RK_BUILD:\$PATH"

say '1. Learn from the first 1,400. rl-embed adds a vector to each record, rl-train
makes a model file of them all: sw weighs the outcomes of similar queries, mf is
a matrix factorisation. What was read and measured is in train.log.'
run "rl-embed data/mini/train.jsonl >$out/train.jsonl"
run "rl-train -r sw $pair \\
	-o $out/sw.rk $out/train.jsonl >$out/train.log"
run "rl-train -r mf $pair \\
	-o $out/mf.rk $out/train.jsonl >>$out/train.log"

say '2. Score the other 600: how probably is the dear model'\''s answer the better?'
run "rl-embed data/mini/test.jsonl | rl-score -m $out/sw.rk --as sw |
	rl-score -m $out/mf.rk --as mf --drop >$out/scored.jsonl"

say '3. What are the scores worth? APGR is the share of the quality gap closed, a mean
over all shares of calls: 0.5 is chance. CPT50 is the share of calls that closes
half the gap. length goes by the length of the prompt alone; oracle knows every
outcome.'
run "rl-eval -s sw -s mf $pair \\
	--table --plot - $out/scored.jsonl"

say '4. Route. The threshold is the one that sends 30 % of the scored sample to the
dear model.'
run "rl-score -m $out/sw.rk --as sw <<'END' |
{\"prompt\":\"Positive or negative? Just the label.\\n\\nI love this kettle.\"}
{\"prompt\":\"What is 48213 * 7719?\"}
{\"prompt\":\"Five neighbours each keep a different animal. Who owns the otter?\"}
END
	rl-route -m $out/sw.rk -s sw --share 0.3 --sample $out/scored.jsonl"

say "Where to go next
  your own data     rl-train reads records with \"quality\", or battles;
                    man ./man/rl-jsonl.5
  public data       data/fetch lists it; data/import has a recipe for each format
  the paper         make paper, RouteLLM's own evaluation
  all of it         man ./man/routekit.7
What this made is in $out."
