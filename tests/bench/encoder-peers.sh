#!/bin/sh
# MiniLM on MMLU's prompts beside the programs that others embed with, on the
# same weights and texts: llama.cpp (LLAMA: the folder of its programs) in F32
# and F16, and ONNX Runtime (ORT: the node_modules folder with the npm package
# onnxruntime-node) in F32. Two threads each, natural lengths, prompts of under
# 256 tokens. In turn, ROUNDS times; the best of each counts, llama.cpp's batch
# and flash attention and ONNX Runtime's batch too. Ours includes making tokens
# of texts, theirs does not. 1,000 of the prompts; ENCODER_PROMPTS=14037 takes all.
#
#	make bench BENCH=encoder-peers LLAMA=llama/bin ORT=ort/node_modules
S=${RK_SHARED:-../shared}
RK_BUILD=${RK_BUILD:-build}
model=$S/models/minilm
[ -f "$model/model.safetensors" ] || model=data/models/minilm
if [ ! -f "$model/model.safetensors" ] || [ ! -d "$S/data/routellm/mmlu" ]; then
	echo "encoder-peers: skipped: no model (data/fetch minilm) or no prompts"
	exit 0
fi
if [ -z "${LLAMA:-}${ORT:-}" ]; then
	echo "encoder-peers: skipped: neither LLAMA nor ORT is given"
	exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
want=${ENCODER_PROMPTS:-1000}

# ours PROMPTS: tokens a second; leaves the ids and the vectors
ours() {
	"$RK_BUILD/bench/encoder" "$model/" "$1" "$tmp/ids" "$tmp/vectors" \
		>"$tmp/out" || exit 1
	sed -n 's/.* \([0-9]*\) tokens\/s.*/\1/p' "$tmp/out"
}

# llama KIND TOKENS FLASH [OPTION ...]: tokens a second, in batches of so many. Its
# own count leaves the first batch out of the time; its log says when each begins.
llama() {
	file=$tmp/$1.gguf size=$2 flash=$3
	shift 3
	"$LLAMA/llama-embedding" -m "$file" -t 2 -tb 2 -c "$size" -b "$size" \
		-ub "$size" -fa "$flash" -f "$tmp/texts" \
		--embd-separator '<#sep#>' "$@" >"$tmp/out" 2>"$tmp/err" || {
		tail -3 "$tmp/err" >&2
		exit 1
	}
	awk '/batch_decode: n_tokens = / {
		split($1, t, ".")
		now = t[1] * 60 + t[2] + t[3] / 1e3 + t[4] / 1e6
		if (batches++ == 0)
			first = now
		else
			tokens += before
		before = $6
	} END { if (now > first) printf "%d\n", tokens / (now - first) }' \
		"$tmp/err"
}

# best NAME: the largest number of the file
best() {
	sort -n "$tmp/$1" | tail -1
}

data/import/routellm-mmlu "$S"/data/routellm/mmlu/mmlu_*.csv |
	awk -v all=14042 -v want="$want" \
		'int(NR * want / all) > int((NR - 1) * want / all)' >"$tmp/all" ||
	exit 1
ours "$tmp/all" >"$tmp/ours" || exit 1
awk 'NR == FNR { if (NF >= 256) long[NR]; next } !(FNR in long)' \
	"$tmp/ids" "$tmp/all" >"$tmp/prompts"
ours "$tmp/prompts" >"$tmp/ours" || exit 1
if [ -n "${LLAMA:-}" ]; then
	jq -sj 'map(.prompt) | join("<#sep#>")' "$tmp/prompts" >"$tmp/texts"
	for kind in f32 f16; do
		/usr/bin/python3 tests/bench/gguf.py "$model" "$tmp/$kind.gguf" \
			$kind || exit 1
		llama $kind 512 on --embd-output-format array >"$tmp/llama" ||
			exit 1
		/usr/bin/python3 tests/bench/cosines.py "$tmp/vectors" \
			"$tmp/out" || exit 1
	done
fi
if [ -n "${ORT:-}" ]; then
	/usr/bin/python3 tests/bench/onnx.py "$model" "$tmp/onnx" || exit 1
fi
i=0
while [ $i -lt "${ROUNDS:-2}" ]; do
	i=$((i + 1))
	ours "$tmp/prompts" >>"$tmp/ours" || exit 1
	for flash in ${LLAMA:+on off}; do
		for size in 256 512 1024; do # larger ones are slower
			llama f32 $size $flash >>"$tmp/llama.f32" || exit 1
			llama f16 $size $flash >>"$tmp/llama.f16" || exit 1
		done
	done
	[ -z "${ORT:-}" ] || node tests/bench/onnx.js "$ORT" "$tmp/onnx" \
		"$tmp/ids" "$tmp/vectors" >>"$tmp/ort.all" || exit 1
done
printf '%d prompts, %d tokens, 2 threads: %d tokens/s\n' \
	"$(wc -l <"$tmp/prompts")" "$(wc -w <"$tmp/ids")" "$(best ours)"
for kind in ${LLAMA:+f32 f16}; do
	printf 'llama.cpp %s: %d tokens/s\n' $kind "$(best llama.$kind)"
done
if [ -n "${ORT:-}" ]; then
	sed 's/.* \([0-9]*\) tokens.*/\1/' "$tmp/ort.all" >"$tmp/ort"
	grep " $(best ort) tokens" "$tmp/ort.all"
fi
for peer in ${LLAMA:+llama.f32 llama.f16} ${ORT:+ort}; do
	echo "$peer $(best ours) $(best $peer)"
done | awk '{ printf "ours over %s: %.2f times\n", $1, $2 / $3 }'
