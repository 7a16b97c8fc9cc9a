#!/bin/sh
# paper.sh - RouteLLM's tables (arXiv 2406.18665) on its own evaluation data.
# usage: make paper, make paper-full, or RK_BUILD=folder-of-the-programs sh
# data/paper.sh [full], from the repository root. RK_SHARED names the folder
# whose data/ has the sources (../shared); without it data/fetch gets RouteLLM's,
# and what needs the others is left out. DRAWS is how many draws (10).
# What it makes stays in the build folder, under paper/: results.jsonl has every
# figure, cache/ what need not be done again. The figures are compared with
# data/paper.expected: exit 1 where one has moved. UPDATE=1 writes that file.

RK_BUILD=${RK_BUILD:-$PWD/build}
PATH=$RK_BUILD:$PATH
LC_ALL=C # sort and awk by bytes
export PATH LC_ALL
out=$RK_BUILD/paper
shared=${RK_SHARED:-../shared}
battles=$shared/data/battles
outcomes=$shared/data/outcomes
draws=${DRAWS:-10}
expected=data/paper.expected

die() {
	echo "paper: $*" >&2
	exit 1
}

. data/paper-cell.sh

# --- data ---------------------------------------------------------------------

mkdir -p "$out/cache" || exit 1
rm -f "$out"/*.jsonl
data/fetch -d "$out" $(printf 'routellm-%s ' $sets) >/dev/null ||
	die "no evaluation data: set RK_SHARED, or see data/fetch"
programs=$(cd "$RK_BUILD" && digest rl-embed rl-eval rl-near rl-score rl-train)
sources=$(digest data/paper-cell.sh "$out"/routellm-*.jsonl $(
	ls "$battles"/*.jsonl "$outcomes"/llmrouter9-* 2>/dev/null))

# What a mix needs and is not here is made on first use, or says no.
ready() { # mix
	case $1 in
	none | gold) return 0 ;;
	gold+) ready battles && ready others; return ;;
	gsm8k+) ready battles && ready gsm8k; return ;;
	battles | both) set -- battles "$battles/oa-gpt4judge.jsonl" ;;
	arena | arena+gold)
		set -- arena "$battles/alpacaeval-gpt4turbo-judge.jsonl" ;;
	*) set -- "$1" "$outcomes/llmrouter9-train.jsonl" ;;
	esac
	[ ! -f "$out/$1.jsonl" ] || return 0
	[ -f "$2" ] || return 1
	made=$out/cache/$(echo "$programs $sources $1" | digest -).mix
	if [ ! -f "$made" ]; then
		jq -c '.prompt, .turns[]? | {prompt: ., eval_prompt: .}' \
			"$out"/routellm-*.jsonl >"$out/evaluated.jsonl" &&
			"make_$1" >"$made.new" && mv "$made.new" "$made" ||
			die "cannot make the mix $1"
	fi
	ln -f "$made" "$out/$1.jsonl"
}

# --- cells ---------------------------------------------------------------------

# By draws first, so that a draw's labels are cut out once.
draw=1
while [ "$draw" -le "$draws" ]; do
	sed '/^#/d' data/paper.cells >"$out/cells"
	while read -r mix router embedder often when; do
		case $when-$1 in full-full | -*) ;; *) continue ;; esac
		case $often in once) most=1 ;; draws) most=$draws ;; *) most=$often ;; esac
		[ "$draw" -le "$most" ] || continue
		if ! encoder "$embedder" >/dev/null; then
			[ "$draw" != 1 ] || echo "paper: no $embedder for $mix" \
				"$router: data/fetch $embedder gets it" >&2
		elif ready "$mix"; then
			cell "$mix" "$router" "$embedder" "$draw" </dev/null
		elif [ "$draw" = 1 ]; then
			echo "paper: no data for $mix $router" >&2
		fi
	done <"$out/cells"
	draw=$((draw + 1))
done

# --- tables ---------------------------------------------------------------------

# A line a figure of a cell: set mix router embedder; n, CPT50, CPT80, APGR and
# its interval, that of APGR less length's.
jq -r '[.on, .mix, .router, .embedder, .n, .cpt50, .cpt80, .apgr, .apgr_lo,
	.apgr_hi, .vs_length_lo, .vs_length_hi] | map(. // "-") | @tsv' \
	"$out/results.jsonl" >"$out/figures"
jq -r 'select(.mix == "none" and .router == "length") | [.on, .n,
	.strong_quality, .weak_quality] | @tsv' "$out/results.jsonl" >"$out/sets"
table() { # awk-file
	awk -v means="$out/means" -f data/paper-means.awk -f "$1" \
		data/paper.told "$out/sets" "$out/figures" || exit 1
}

# How many comparisons or prompts a mix has.
trained() { # mix member
	jq -rs --arg mix "$1" --arg of "$2" 'map(select(.mix == $mix))[0]
		| .trained[$of] // "no"' "$out/results.jsonl"
}

table data/paper-table.awk
cat <<END

CPT: per cent of the calls, the least share that closes 50 or 80 % of the gap.
APGR: 0.5 is chance. (sd): over $draws draws, or as few as data/paper.cells says, of 1,500
labels where there are golden ones, else of the training's seed; the figures are then
means. [lo, hi]: 95 % interval of 1,000 resamples of the evaluated
questions (the mean ends of the draws'), which does not cover the draws. + or -: that
of the difference to length lies above or below 0. Parameters are the programs'
defaults; auto cross-validates its training labels, and of both takes the battles
only where they help. How the other models stand
for the pair was chosen by the GSM8K-like rows alone, but after what other ways come
to on GSM8K had been seen.

golden labels  MMLU answer keys of the same pair, 1,500 drawn at random; on MMLU
  the others are evaluated. The paper: 1,500 of MMLU's validation questions
battles        $(trained battles comparisons) on $(trained battles prompts) prompts, judged by GPT-4;
  less the prompts evaluated. Our weak model was told to be concise there. The paper:
  80,000 of Chatbot Arena, judged by people
both           the two. The paper's augmented routers stand beside it: for GSM8K
  and MT-Bench those had 120,000 prompts judged by GPT-4, which are not here
others' battles, others', golden: see what labels add, below
other models   LLMRouter's outcomes of nine but mgsm, less what has a cosine of 0.8
  or more to an evaluated prompt: $(trained others prompts) prompts.
  Strong is the mean of the upper of two tiers of these models, weak of the lower
GSM8K-like     the GSM8K training questions of these alone, in tiers of their own:
  $(trained gsm8k prompts) prompts
golden +, GSM8K-like +  with the battles, and with other models' outcomes or the
  golden labels, as sources that rl-train --target keeps where they help
inputs: hash, hashed n-grams, nothing downloaded; minilm, all-MiniLM-L6-v2, whose
  embeddings the routers read and whose weights bert tunes; hash,minilm, both, of
  which auto tries each alone and both; stories15m, a language model of 15 million
  weights that has read children's stories, which causal tunes, or its head or
  adapters alone. The paper: OpenAI's embeddings, BERT-base, and Llama 3 8B. A row
  of dashes is the paper's alone.
APGR and CPT here are exact, every score a threshold; the paper: ten thresholds.
RouteLLM's lists of contaminated prompts are applied. MT-Bench has 72 questions:
look at its intervals before its figures.
END

# --- what labels add --------------------------------------------------------------

if grep -q '	arena	' "$out/figures"; then
	table data/paper-adds.awk
	judged=$(($(trained battles comparisons) - $(trained arena comparisons)))
	cat <<END

alone     the battles less the $judged of the pair itself, which leaves none of the
  weak model: $(like_weak) stands for it, the model whose mean
  against the strong one is nearest. The paper: Chatbot Arena, where the weak model
  was in few battles with the strong one and in many with others
+ judge   with these $judged: GPT-4 Turbo's verdicts on instructions of AlpacaEval. The
  other battles are on the same prompts, so that no prompt is new. The paper: GPT-4's
  verdicts on the pair for 120,000 prompts more
+ golden  with 1,500 answer keys of MMLU for the pair. The paper: as many
+ both    with the two
The paper had golden labels for its table of MMLU and the judge's for the others:
that is the column to read it against. (sd): of the increment over draws, 3 at most for
+ golden, so that it and + both are not of the same labels; where there is none both
figures are of one training. For MT-Bench see the intervals above, some .1 to either
side: an increment within them says nothing.
END
fi

# What auto said of its own training labels.
jq -rs 'map(select(.router == "auto" and .on == "mmlu")) | group_by(.mix)[]
	| "auto on \(.[0].mix): better by cross-validation than length in \(
	map(select(.trained.beats_length)) | length) of \(length), than a constant in \(
	map(select(.trained.beats_constant)) | length)" + ([.[].trained.sources[]?
		| select(.kept and (.target | not)).source | sub(".*/"; "")]
		| group_by(.) | map("; \(.[0]) kept in \(length)") | add // "")' "$out/results.jsonl"

# --- many models ----------------------------------------------------------------

# (data/many.sh adds its own figures to means)
if [ -f "$outcomes/mmlu-pro.jsonl" ]; then
	. data/many.sh
fi

# --- what has moved --------------------------------------------------------------

rm -f "$out"/model "$out"/*.hash.jsonl "$out"/*minilm.jsonl "$out"/gold.jsonl "$out"/rest.jsonl
if [ "$draws" != 10 ]; then
	echo "paper: not 10 draws: not compared with $expected" >&2
elif [ "${UPDATE:-}" ]; then
	awk -f data/paper-expect.awk "$out/means" >"$out/expected" &&
		mv "$out/expected" "$expected"
else
	awk -f data/paper-compare.awk "$expected" "$out/means"
fi
