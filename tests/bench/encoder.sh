#!/bin/sh
# all-MiniLM-L6-v2 on MMLU's prompts: rl-embed's own path beside OpenBLAS and
# PyTorch in one run; then memory, and one prompt from a cold start. 1,000 of
# the prompts; ENCODER_PROMPTS=14037 takes all.
S=${RK_SHARED:-../shared}
RK_BUILD=${RK_BUILD:-build}
model=$S/models/minilm
[ -f "$model/model.safetensors" ] || model=data/models/minilm
if [ ! -f "$model/model.safetensors" ] || [ ! -d "$S/data/routellm/mmlu" ]; then
	echo "encoder: skipped: no model (data/fetch minilm) or no prompts"
	exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
want=${ENCODER_PROMPTS:-1000}
data/import/routellm-mmlu "$S"/data/routellm/mmlu/mmlu_*.csv >"$tmp/all" ||
	exit 1
# evenly, since the subjects' lengths differ
awk -v want="$want" -v all="$(wc -l <"$tmp/all")" \
	'int(NR * want / all) > int((NR - 1) * want / all)' \
	"$tmp/all" >"$tmp/prompts"
"$RK_BUILD/bench/encoder" "$model/" "$tmp/prompts" "$tmp/ids" "$tmp/vectors" ||
	exit 1
/usr/bin/python3 -B tests/bench/encoder.py "$model" "$tmp/ids" "$tmp/vectors" ||
	exit 1
/usr/bin/time -f 'rl-embed -j2: %e s, peak %M KB' "$RK_BUILD/rl-embed" -q -j2 \
	-m "$model" "$tmp/prompts" >"$tmp/out" || exit 1
head -1 "$tmp/prompts" >"$tmp/one"
for i in 1 2 3 4 5; do
	/usr/bin/time -f %e -o "$tmp/time" "$RK_BUILD/rl-embed" -q \
		-m "$model" "$tmp/one" >"$tmp/out" || exit 1
	cat "$tmp/time"
done | sort -n | head -1 |
	sed 's/.*/rl-embed, one prompt from a cold start: & s/'
