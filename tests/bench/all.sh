#!/bin/sh
# rl-score --all with 29 models beside two: the same records, as texts and with
# embeddings, scored by models trained on the same prompts. Wanted: at most 1.3
# times the time, which is CPU time of one thread, best of 5 taken in turn.
RK_BUILD=${RK_BUILD:-build}
S=${RK_SHARED:-../shared}/data/outcomes/mmlu-pro.jsonl
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
PATH=$RK_BUILD:$PATH

if [ ! -f "$S" ]; then
	echo "no $S"
	exit 0
fi
rl-embed -q "$S" >"$tmp/29"
jq -c '.quality |= with_entries(select(.key == "gemini-1.5-pro-002"
	or .key == "Qwen1.5-72B-Chat")) | select(.quality | length == 2)' \
	"$tmp/29" >"$tmp/2"
jq -c 'del(.quality)' "$tmp/29" >"$tmp/one"
cat "$tmp/one" "$tmp/one" "$tmp/one" "$tmp/one" >"$tmp/embedded"
jq -c 'del(.embedding)' "$tmp/embedded" >"$tmp/texts"

# seconds MODEL RECORDS: CPU time of one run
seconds() {
	/usr/bin/time -f '%U %S' -o "$tmp/time" rl-score -q -j1 --all --drop \
		-m "$1" "$tmp/$2" >/dev/null || exit 1
	awk '{ print $1 + $2 }' "$tmp/time"
}

for r in linear mf cluster sw knn; do
	for n in 29 2; do
		rl-train -q -r $r --valid 0 --calibrate 0 -o "$tmp/$r.$n" \
			"$tmp/$n" >/dev/null || exit 1
	done
	for in in texts embedded; do
		for i in 1 2 3 4 5; do
			echo "$(seconds "$tmp/$r.29" $in)" \
				"$(seconds "$tmp/$r.2" $in)"
		done | awk -v name="$r, $in" -v n="$(wc -l <"$tmp/$in")" '
		NR == 1 || $1 < a { a = $1 }
		NR == 1 || $2 < b { b = $2 }
		END { printf "%-18s %6.1f us a record; two models %6.1f us;" \
			" %.2f times\n", name, a / n * 1e6, b / n * 1e6, a / b }'
	done
done
