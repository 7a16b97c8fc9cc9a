# paper-cell.sh - a cell of make paper: a router trained on a mix, evaluated on
# the three sets. Read by paper.sh, which sets out, shared, battles and
# outcomes (the folders), programs (their digest) and die. A cell's figures are kept in
# $out/cache under the digest of all that they come from: the programs, the
# data, this file and the cell's own line.

strong=gpt-4-1106-preview
weak=mistralai/Mixtral-8x7B-Instruct-v0.1
sets='mmlu gsm8k mt-bench'

# The models that the battles and the outcomes name differently, and those
# that two of the battle files do. The concise Mixtral is the only one there.
strong_judged=gpt4_1106_preview
weak_judged=Mixtral-8x7B-Instruct-v0.1_concise
aliases="--alias $strong_judged=$strong --alias $weak_judged=$weak
	--alias gpt-4=gpt4 --alias 65b-guanaco=guanaco-65b"

digest() {
	sha256sum "$@" | sha256sum | cut -c1-40
}

# What -e is to be for an embedder: hash, or the folder of a sentence encoder, or
# of the language model that causal begins with, if it is here; of several, with
# commas between, each.
encoder() { # embedder
	case $1 in
	hash) echo hash; return ;;
	*,*)
		first=$(encoder "${1%%,*}") && others=$(encoder "${1#*,}") &&
			echo "$first,$others"
		return ;;
	esac
	for models in data/models "$shared/models"; do
		[ ! -f "$models/$1/model.safetensors" ] || {
			echo "$models/$1"
			return
		}
	done
	return 1
}

# What tells an embedder's embeddings from others.
embedder_digest() { # embedder
	for part in $(echo "$1" | tr , ' '); do
		made_by=$(encoder "$part") || return 1
		[ "$part" = hash ] || (cd "$made_by" &&
			cat config.json tokenizer.json model.safetensors)
	done | digest -
}

# $out/NAME.EMBEDDER.jsonl: records with an embedder's embeddings, made once; an
# encoder's, which take minutes, are kept in the cache.
embedded() { # name embedder records
	embeddings=$out/$1.$2.jsonl
	[ ! -f "$embeddings" ] || return 0
	made_by=$(encoder "$2") || return 1
	if [ "$2" = hash ]; then
		rl-embed -q -e hash -o "$embeddings" "$3"
		return
	fi
	kept_as=$out/cache/$(echo "$2 $(digest - <"$RK_BUILD/rl-embed") $(
		embedder_digest "$2") $(digest - <"$3")" | digest -).embedded
	if [ ! -f "$kept_as" ]; then
		echo "paper: embed $1 by $2" >&2
		rl-embed -q -e "$made_by" -o "$kept_as" "$3" || return 1
	fi
	ln -f "$kept_as" "$embeddings"
}

# $out/MIX.EMBEDDER.jsonl: a mix's battles, each prompt of them embedded once.
embedded_battles() { # mix embedder
	[ ! -f "$out/$1.$2.jsonl" ] || return 0
	jq -c '{prompt}' "$out/$1.jsonl" | sort -u >"$out/read" &&
		embedded "$1-prompts" "$2" "$out/read" &&
		jq -c --slurpfile prompts "$embeddings" -n '
			INDEX($prompts[]; .prompt) as $of
			| inputs | .embedding = $of[.prompt].embedding' \
			"$out/$1.jsonl" >"$out/read" &&
		mv "$out/read" "$out/$1.$2.jsonl"
}

# --- training mixes -----------------------------------------------------------

# Less the evaluation's own prompts. The battles' are 108 word for word, and
# rl-near --drop 0.8 finds the same 108, in 30 seconds.
make_battles() {
	cat "$battles"/*.jsonl |
		data/import/drop-listed "$out/evaluated.jsonl" 2>"$out/dropped"
}

# Less the judge's labels of the pair itself, which leaves no battle of the weak
# model: like_weak, told to rl-train as it, stands for it.
make_arena() {
	make_battles | jq -c --arg weak "$weak_judged" '
		select(.model_a != $weak and .model_b != $weak)'
}

# The model that did against the strong one most nearly as well as the weak one
# did: by its mean alone, as an arena's ratings would tell.
like_weak() {
	jq -rn --arg strong "$strong_judged" --arg weak "$weak_judged" '
		reduce (inputs | select(.model_a == $strong)) as $r ({};
			.[$r.model_b] += [$r.pref_b])
		| map_values(add / length)
		| .[$weak] as $q | del(.[$weak])
		| to_entries | min_by(.value - $q | fabs).key' \
		"$battles/alpacaeval-gpt4turbo-judge.jsonl"
}

# Outcomes of nine other models. agentverse-mgsm has GSM8K's test questions.
make_others() {
	jq -c 'select(.category != "agentverse-mgsm")' \
		"$outcomes/llmrouter9-train.jsonl" >"$out/read" &&
		rl-near -q "$out/evaluated.jsonl" --drop 0.8 "$out/read" |
		as_tiers
}

make_gsm8k() {
	jq -c 'select(.category == "gsm8k")' "$outcomes/llmrouter9-train.jsonl" \
		>"$out/read" &&
		rl-near -q "$out/evaluated.jsonl" --drop 0.8 "$out/read" |
		as_tiers
}

# Outcomes of many models as those of two tiers, each the mean of its models:
# what the better ones gain over the others, with less noise than one pair of
# them has. The tiers are RouteLLM's: cut where the variance of the models' mean
# qualities within them is least. By GSM8K's training rows alone this carries over
# to a pair that was left out better than one pair (squared error of the gain, of
# a constant's: .979 against .988, mean of 20 pairs; five ways were compared).
as_tiers() {
	jq -nc '
		def mean: add / length;
		def spread: map(.q) | mean as $m
			| map((. - $m) * (. - $m)) | add;
		[inputs] as $rows
		| ($rows[0].quality | keys | map({m: ., q: (. as $m
			| $rows | map(.quality[$m]) | mean)})
			| sort_by(-.q)) as $by
		| ([range(1; $by | length) as $cut | {$cut, s: (
			[$by[:$cut], $by[$cut:]] | map(spread) | add)}]
			| min_by(.s).cut) as $cut
		| ([$by[:$cut], $by[$cut:]] | map(map(.m))) as [$upper, $lower]
		| $rows[] | .quality as $q | .quality = {
			"upper-tier": ($upper | map($q[.]) | mean),
			"lower-tier": ($lower | map($q[.]) | mean)}'
}

# The option by which a mix's tiers stand for the pair.
as_ours() { # mix
	echo "--source-pair $out/$1.jsonl=upper-tier,lower-tier"
}

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

# $out/gold.jsonl and rest.jsonl: MMLU in draw's 1,500 labels and the others.
split_mmlu() { # draw embedder
	[ "$drawn" != "$1 $2" ] || return 0
	embedded mmlu "$2" "$out/routellm-mmlu.jsonl" || return 1
	draw $((99 + $1)) "$(wc -l <"$out/routellm-mmlu.jsonl")" >"$out/drawn"
	awk -v gold="$out/gold.jsonl" -v rest="$out/rest.jsonl" '
		NR == FNR { drawn[$2] = 1; next }
		{ print >(FNR in drawn ? gold : rest) }
	' "$out/drawn" "$out/mmlu.$2.jsonl" && drawn="$1 $2"
}
drawn= like= # like_weak's answer

# Sets data, pair and seed for a mix's draw: where the labels are drawn the
# draw is of labels, else it is the seed of training.
mix() { # mix draw embedder
	pair="--strong $strong --weak $weak" data= seed=$2
	case $1 in
	gold | both | arena+gold | gold+ | gsm8k+)
		split_mmlu "$2" "$3" || return 1
		data=$out/gold.jsonl seed=1 ;;
	esac
	case $1 in
	battles | both | arena | arena+gold)
		of=battles
		case $1 in arena*) of=arena ;; esac
		ours=$out/$of.jsonl
		if [ "$3" != hash ]; then
			embedded_battles "$of" "$3" || return 1
			ours=$out/$of.$3.jsonl
		fi
		data="$data $ours" pair="$pair $aliases"
		if [ $of = arena ]; then
			[ "$like" ] || like=$(like_weak) || return 1
			pair="$pair --alias $like=$weak"
		fi ;;
	others | gsm8k)
		data=$out/$1.jsonl
		pair="--strong upper-tier --weak lower-tier" ;;
	gold+)
		data="$data $out/battles.jsonl $out/others.jsonl"
		pair="$pair $aliases --source-file --target $out/gold.jsonl
			$(as_ours others)" ;;
	gsm8k+)
		data="$out/gsm8k.jsonl $data $out/battles.jsonl" seed=1
		pair="$pair $aliases --source-file --target $out/gsm8k.jsonl
			$(as_ours gsm8k)" ;;
	none)
		data=$out/routellm-mt-bench.jsonl ;; # to name the models
	esac
}

# --- a cell -------------------------------------------------------------------

# Trains and evaluates; prints a record a set, and for the mix none, of which
# nothing is learnt, one a control.
run() { # mix router embedder draw
	# causal reads the texts of records that anybody may have embedded
	case $2 in causal*) reads=hash ;; *) reads=$3 ;; esac
	mix "$1" "$4" "$reads" || return 1
	# mf keeps 5 % out, as the reference does; calibration moves no figure here
	case $2 in mf) valid=0.05 ;; *) valid=0 ;; esac
	# bert and causal read the texts, and begin with a folder's weights
	from=$(encoder "$3") || return 1
	case $2 in
	bert | causal) from="--set init=$from" ;;
	causal-*) from="--set init=$from --set tune=${2#causal-}" ;;
	*) from="-e $from" ;;
	esac
	rl-train -q -r "${2%%-*}" $from --seed "$seed" $pair --valid $valid \
		--calibrate 0 -o "$out/model" $data >"$out/train.json" || return 1
	for set in $sets; do
		records=$out/$set.$reads.jsonl
		case $1-$set in
		gold-mmlu | both-mmlu | arena+gold-mmlu | *+-mmlu)
			records=$out/rest.jsonl ;;
		*) embedded "$set" "$reads" "$out/routellm-$set.jsonl" ||
			return 1 ;;
		esac
		rl-score -q --drop -m "$out/model" "$records" |
		rl-eval -q --strong "$strong" --weak "$weak" >"$out/eval.jsonl" ||
			return 1
		jq -c --arg on "$set" --arg mix "$1" --arg router "$2" \
			--arg embedder "$3" --argjson draw "$4" \
			--argjson n "$(wc -l <"$records")" \
			--slurpfile trained "$out/train.json" '
			if .n != $n then error("\(.n) of \($n) evaluated")
			else . end
			| select(if $mix == "none"
				then .control and .router != "oracle"
				else .control | not end)
			| {on: $on, mix: $mix, embedder: $embedder, draw: $draw,
				trained: ($trained[0] | {strong, weak, prompts,
				comparisons, sources} + (.train | {beats_length,
				beats_constant}) | del(..|nulls))}
			+ . + {router: (if $mix == "none" then .router
				else $router end)}' "$out/eval.jsonl" || return 1
	done
}

# Adds a cell's records to $out/results.jsonl, from the cache if it is there.
cell() { # mix router embedder draw
	key=$(echo "$programs $sources $*$(embedder_digest "$3")" | digest -)
	kept=$out/cache/$key
	if [ ! -f "$kept" ]; then
		echo "paper: $*" >&2
		run "$@" >"$kept.new" && mv "$kept.new" "$kept" ||
			die "$1 $2: failed"
	fi
	cat "$kept" >>"$out/results.jsonl"
}
