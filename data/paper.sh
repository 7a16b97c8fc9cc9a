#!/bin/sh
# paper.sh - RouteLLM's tables (arXiv 2406.18665) on its own evaluation data.
# usage: make paper, or RK_BUILD=folder-of-the-programs sh data/paper.sh, from
# the repository root. RK_SHARED names the folder whose data/ has the sources
# (../shared); without it data/fetch gets them. DRAWS is how many draws of the
# golden labels (10). What it makes stays in the build folder, under paper/.

RK_BUILD=${RK_BUILD:-$PWD/build}
PATH=$RK_BUILD:$PATH
LC_ALL=C # sort and awk by bytes
export PATH LC_ALL
out=$RK_BUILD/paper
battles=${RK_SHARED:-../shared}/data/battles
draws=${DRAWS:-10}
strong=gpt-4-1106-preview
weak=mistralai/Mixtral-8x7B-Instruct-v0.1
pair="--strong $strong --weak $weak"

die() {
	echo "paper: $*" >&2
	exit 1
}

# The models that the battles and the outcomes name differently, and those
# that two of the battle files do. The concise Mixtral is the only one there.
aliases="--alias gpt4_1106_preview=$strong
	--alias Mixtral-8x7B-Instruct-v0.1_concise=$weak
	--alias gpt-4=gpt4 --alias 65b-guanaco=guanaco-65b"

# Which lines of n draw SEED takes: the first 1,500 when each line has for key
# the next state of x <- 16807 x mod 2^31 - 1 (Park and Miller), x starting at
# the seed and its first ten states thrown away, and the keys are sorted. In
# Python:  x = seed; for i in range(n + 10): x = 16807 * x % (2**31 - 1); ...
draw() { # seed n
	awk -v x="$1" -v n="$2" 'BEGIN {
		for (i = -9; i <= n; i++) {
			x = 16807 * x % 2147483647
			if (i > 0)
				printf "%d %d\n", x, i
		}
	}' | sort -n | head -n 1500
}

# Trains a router: name, model file, records, further options.
train() {
	router=$1 model=$2 data=$3
	shift 3
	# sw has nothing to stop, auto has folds; mf keeps 5 % out as the reference
	case $router in mf) valid=0.05 ;; *) valid=0 ;; esac
	# calibration moves no figure here
	rl-train -q -r "$router" $pair --valid $valid --calibrate 0 \
		-o "$model" "$@" $data \
		>>"$out/train.log" || die "rl-train $router failed"
}

# Evaluates the models $out/NAME.sw, .mf and, if there, .auto on a set; adds to
# the results: set, data, router, CPT50, CPT80, APGR.
evaluate() { # name set records
	auto=
	[ ! -f "$out/$1.auto" ] || auto='-s auto'
	rl-score -q -m "$out/$1.sw" --as sw "$3" |
	rl-score -q -m "$out/$1.mf" --as mf |
	{ [ -z "$auto" ] && cat || rl-score -q -m "$out/$1.auto" --as auto; } |
	rl-eval -q -s sw -s mf $auto $pair --bootstrap 0 >"$out/eval.jsonl" &&
		[ "$(jq -s '.[0].n' "$out/eval.jsonl")" -eq "$(wc -l <"$3")" ] ||
		die "cannot evaluate $1 on $2"
	jq -r --arg on "$2" --arg data "$1" '
		select(.apgr) | [$on, $data, .router, 100 * .cpt50,
			100 * .cpt80, .apgr] | @tsv' "$out/eval.jsonl" \
		>>"$out/results"
}

# --- data ---------------------------------------------------------------------

mkdir -p "$out" || exit 1
: >"$out/results"
: >"$out/train.log"
data/fetch -d "$out" routellm-mmlu routellm-gsm8k routellm-mt-bench \
	>/dev/null || die "no evaluation data: set RK_SHARED, or see data/fetch"
for set in mmlu gsm8k mt-bench; do
	rl-embed -q -o "$out/$set.jsonl" "$out/routellm-$set.jsonl" || exit 1
done
n=$(wc -l <"$out/mmlu.jsonl")

# --- golden labels alone, battles alone, both ----------------------------------

have_battles=
if [ -f "$battles/oa-gpt4judge.jsonl" ]; then
	have_battles=yes
	# less the evaluation's own prompts
	jq -c '.prompt, .turns[]? | {eval_prompt: .}' "$out"/routellm-*.jsonl \
		>"$out/evaluated"
	cat "$battles"/*.jsonl |
		data/import/drop-listed "$out/evaluated" >"$out/battles.jsonl" \
		2>"$out/dropped" || die "cannot read $battles"
	echo 'paper: battles' >&2
	for r in sw mf; do
		train $r "$out/battles.$r" "$out/battles.jsonl" $aliases
	done
	for set in mmlu gsm8k mt-bench; do
		evaluate battles $set "$out/$set.jsonl"
	done
else
	echo "paper: no $battles: without the battles' rows" >&2
fi

seed=100
while [ $seed -lt $((100 + draws)) ]; do
	echo "paper: draw $seed" >&2
	draw $seed "$n" >"$out/drawn"
	awk -v gold="$out/gold.jsonl" -v rest="$out/rest.jsonl" '
		NR == FNR { drawn[$2] = 1; next }
		{ print >(FNR in drawn ? gold : rest) }
	' "$out/drawn" "$out/mmlu.jsonl"
	for r in sw mf; do
		train $r "$out/gold.$r" "$out/gold.jsonl"
		[ -z "$have_battles" ] || train $r "$out/both.$r" \
			"$out/gold.jsonl $out/battles.jsonl" $aliases
	done
	train auto "$out/gold.auto" "$out/gold.jsonl"
	for data in gold ${have_battles:+both}; do
		evaluate $data mmlu "$out/rest.jsonl"
		evaluate $data gsm8k "$out/gsm8k.jsonl"
		evaluate $data mt-bench "$out/mt-bench.jsonl"
	done
	seed=$((seed + 1))
done

# --- the tables ------------------------------------------------------------------

# The paper's figures: set, data, router, CPT50, CPT80, APGR.
# Its D_arena stands beside our battles; for the augmented routers, whose golden
# labels are MMLU's, and judge's labels the others', beside both.
cat >"$out/paper" <<'END'
mmlu all random 50.07 79.93 .500
mmlu battles sw 55.82 80.25 .473
mmlu battles mf 45.00 76.86 .524
mmlu both sw 35.40 71.55 .603
mmlu both mf 35.46 71.40 .597
gsm8k all random 50.00 80.08 .497
gsm8k battles sw 54.43 82.11 .475
gsm8k battles mf 53.59 85.24 .475
gsm8k both sw 41.21 72.20 .568
gsm8k both mf 38.82 72.62 .565
mt-bench all random 49.03 78.08 .500
mt-bench battles sw 37.85 58.99 .610
mt-bench battles mf 25.32 74.26 .580
mt-bench both sw 23.21 36.04 .759
mt-bench both mf 13.40 31.31 .802
END

awk -v draws="$draws" '
function sd(sum, squares, n,	v) {
	v = n > 1 ? (squares - sum * sum / n) / (n - 1) : 0
	return v > 0 ? sqrt(v) : 0
}
function row(set, data, router, label,	k, f, n, ours, paper) {
	k = set " " data " " router
	n = count[k]
	if (!n)
		return
	ours = sprintf("%5.1f  %5.1f  %.3f", s50[k] / n, s80[k] / n, s[k] / n)
	ours = ours (n > 1 ? sprintf(" (%.3f)", sd(s[k], ss[k], n)) : "        ")
	paper = "    -      -     -"
	if (k in told) {
		split(told[k], f, " ")
		paper = sprintf("%5.1f  %5.1f  %.3f", f[1], f[2], f[3])
	}
	printf "  %-8s %-24s %s   %s\n", router, label, ours, paper
}
FILENAME ~ /paper$/ { told[$1 " " $2 " " $3] = $4 " " $5 " " $6; next }
{
	# a control knows no training data: one row for all of them
	k = $1 " " ($3 ~ /^(sw|mf|auto)$/ ? $2 : "all") " " $3
	count[k]++
	s50[k] += $4; s80[k] += $5; s[k] += $6; ss[k] += $6 * $6
}
END {
	n = split("mmlu gsm8k mt-bench", sets, " ")
	for (i = 1; i <= n; i++) {
		set = sets[i]
		printf "\n%-37s        routekit              the paper\n", set
		printf "  %-8s %-24s %s   %s\n", "router", "trained on",
			"CPT50  CPT80   APGR (sd)  ", "CPT50  CPT80   APGR"
		row(set, "all", "random", "-")
		row(set, "all", "length", "-")
		row(set, "battles", "sw", "battles")
		row(set, "battles", "mf", "battles")
		row(set, "gold", "sw", "golden labels")
		row(set, "gold", "mf", "golden labels")
		row(set, "gold", "auto", "golden labels")
		row(set, "both", "sw", "battles + golden labels")
		row(set, "both", "mf", "battles + golden labels")
	}
}' "$out/paper" "$out/results"

about_battles=$(jq -r 'select(.model | endswith("battles.sw"))
	| "\(.battles) on \(.prompts) prompts, judged by GPT-4"' "$out/train.log")
cat <<END

CPT in per cent of the calls, the least share that closes 50 or 80 % of the
gap; APGR: 0.5 is chance. Golden labels: 1,500 MMLU answer keys of the same
pair, drawn at random, mean and standard deviation of $draws draw(s); on MMLU the
other $((n - 1500)) questions are evaluated. What differs from the paper:
- embeddings: hashed n-grams, nothing downloaded; the paper: OpenAI's
- battles: ${about_battles:-none}; the paper: 80,000
  of Chatbot Arena, judged by people. Our weak model was told to be concise there
- golden labels: MMLU's own test questions, the rest evaluated; the paper: 1,500
  of MMLU's validation questions. Beside "battles + golden labels" stands the
  paper's augmented router: for GSM8K and MT-Bench that one had 120,000 prompts
  judged by GPT-4 instead, which are not here
- APGR and CPT: exact, every score a threshold; the paper: ten thresholds
- MT-Bench has 72 questions: one random router's APGR has a sd of 0.07
The models, and every figure by draw (results), are in $out.
END
cd "$out" && rm -f drawn dropped evaluated eval.jsonl paper battles.jsonl \
	gold.jsonl rest.jsonl mmlu.jsonl gsm8k.jsonl mt-bench.jsonl
