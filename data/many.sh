# many.sh - routing among many models, out of fold: make paper's last part.
# Read by paper.sh, which sets out, outcomes, programs, digest and die.
#
# Questions are put into five folds by the letters and digits of their stem, so
# that a question with other options is in the same fold; what has a cosine of
# 0.8 or more to a question of another fold is not trained on. Each fold is
# scored by what rl-train makes of the other four with its own choice, -r many.

many=$out/many

# fold.K, the questions of a fold, and part.K, those of it to train on. A stem's
# fold is the hash h <- 31 h + c mod 2^31 - 1 of its characters, stirred once.
many_folds() { # records
	rm -f "$many"/fold.? &&
	jq -r '.prompt | split("\nA. ")[0] | ascii_downcase
		| gsub("[^a-z0-9]"; "")' "$1" |
	awk 'BEGIN {
		for (i = 1; i <= 36; i++)
			code[substr("abcdefghijklmnopqrstuvwxyz0123456789",
				i, 1)] = i
	} {
		h = 7
		for (i = 1; i <= length($0); i++)
			h = (31 * h + code[substr($0, i, 1)]) % 2147483647
		print int(16807 * h % 2147483647 / 2147483647 * 5)
	}' >"$many/folds" &&
	rl-embed -q "$1" | awk -v many="$many" '
		NR == FNR { fold[NR] = $1; next }
		{ print >(many "/fold." fold[FNR]) }
	' "$many/folds" - || return 1
	for k in 0 1 2 3 4; do
		cat $(ls "$many"/fold.? | grep -v "fold.$k") >"$many/others" &&
		rl-near -q "$many/others" --drop 0.8 "$many/fold.$k" \
			>"$many/part.$k" || return 1
	done
}

# Trains on all parts but those of the folds given.
many_train() { # fold ...
	without=$(printf '|part.%s' "$@")
	rl-train -q -r many --valid 0 --calibrate 0 -o "$many/model" \
		$(ls "$many"/part.? | grep -vE "(${without#|})\$") >/dev/null
}

many_score() { # fold
	rl-score -q --all --drop -m "$many/model" "$many/fold.$1"
}

# inner.K: the folds other than K, each as scored by what the other three teach.
many_inner() {
	for pair in 01 02 03 04 12 13 14 23 24 34; do
		i=${pair%?} j=${pair#?}
		many_train "$i" "$j" &&
			many_score "$i" >>"$many/inner.$j" &&
			many_score "$j" >>"$many/inner.$i" || return 1
	done
}

# Scores each fold, and where there are costs routes it as cheaply as the best
# single model's quality is to be had: the policy is that of the other folds.
many_routed() { # records
	! head -n 1 "$1" | grep -q '"cost"' || many_inner || return 1
	for k in 0 1 2 3 4; do
		many_train $k || return 1
		if [ -f "$many/inner.$k" ]; then
			many_score $k | rl-route -q --quality 1 \
				--sample "$many/inner.$k"
		else
			many_score $k
		fi || return 1
	done
}

# The figures of a data set.
many_figures() { # records
	many_folds "$1" && many_routed "$1" >"$many/routed" || return 1
	route=
	! grep -q '"predicted_costs"' "$many/routed" || route='--route route'
	rl-eval -q --scores scores $route "$many/routed"
}

# Figures of a set, from the cache if they are there; then what they say.
many_report() { # name records
	kept=$out/cache/$(echo "$programs $(digest data/many.sh \
		"$RK_BUILD/rl-route" "$2")" | digest -)
	if [ ! -f "$kept" ]; then
		echo "paper: many models: $1" >&2
		# what a run that was stopped left there is added to else
		rm -rf "$many" && mkdir "$many" && many_figures "$2" >"$kept.new" &&
			mv "$kept.new" "$kept" || die "$1: failed"
		rm -rf "$many"
	fi
	jq -r --arg name "$1" -sf data/many.jq "$kept" || exit 1
	jq -r --arg name "$1" 'select(.router == "scores" or .router == "route")
		| .router as $r
		| ("quality", "vs_best_single", "quality_at_equal_cost") as $f
		| select(.[$f]) | "\($name)/\($r)/\($f) \(.[$f])"' "$kept" \
		>>"$out/means"
	cat "$kept" >>"$out/results.jsonl"
}

# LLMRouter's outcomes with what they cost: a quarter of the prompt's bytes and
# 256 tokens of answer at the model's price, as rl-route estimates them.
many_priced() {
	jq -c --slurpfile prices "$outcomes/llmrouter9-prices.json" '
		((.prompt | utf8bytelength) / 4) as $in
		| .cost = (.quality | with_entries(
			$prices[0][.key] as $p | .value = ($in * $p.input_price
				+ 256 * $p.output_price) / 1e6))
	' "$outcomes/llmrouter9-train.jsonl"
}

many_report mmlu-pro "$outcomes/mmlu-pro.jsonl"
many_priced >"$out/priced.jsonl" || die "cannot read $outcomes"
many_report llmrouter9 "$out/priced.jsonl"
