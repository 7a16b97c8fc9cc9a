#!/bin/sh
# rl-near: its golden values, what it does to lines, and what it refuses.
. "$(dirname "$0")/tap.sh"
G=$root/tests/golden/near

# alike GOT WANT SENTENCE: the same, and numbers with a point agree to 2e-7 (the
# vectors are made unit vectors in float32, the golden ones are not)
alike() {
	awk '
	function cut(s, part,   n) {
		n = 0
		while (match(s, /-?[0-9]\.[0-9]+(e-[0-9]+)?/)) {
			part[++n] = substr(s, 1, RSTART - 1)
			part[++n] = substr(s, RSTART, RLENGTH)
			s = substr(s, RSTART + RLENGTH)
		}
		part[++n] = s
		return n
	}
	FNR == NR { want[++wants] = $0; next }
	{
		n = cut(want[++gots], x)
		if (cut($0, y) != n)
			exit bad = 1
		for (i = 1; i <= n; i++) {
			d = i % 2 == 0 ? x[i] - y[i] : x[i] != y[i]
			if (d > 2e-7 || d < -2e-7)
				exit bad = 1
		}
	}
	END { exit bad || wants == 0 || wants != gots }' "$2" "$1"
	ok $? "$3"
}

near_of() { sed 's/.*"near":\(.*\)}$/\1/'; }

# --- values -------------------------------------------------------------------

rl-near "$G/ref.jsonl" "$G/in.jsonl" >full
near_of <full >got
alike got "$G/near.jsonl" "the nearest are those that numpy finds"
for change in 7s/393/353/ 's/"a"/"b"/' 3d; do
	sed "$change" "$G/near.jsonl" >wrong
	like "$(alike got wrong x)" "not ok*" "not after sed '$change'"
done
rl-near --self "$G/ref.jsonl" | near_of >got
alike got "$G/self.jsonl" "--self gives the nearest other record"
rl-near -q --self --drop 1 "$G/ref.jsonl" >once
near_of <once >got
sed '/"cosine":1}/d' "$G/before.jsonl" >want
alike got want "--self --drop 1 keeps the first of equals, by those before it"
is "$(wc -l <once)" 35 "of which there were two"
rl-near --summary "$G/ref.jsonl" "$G/in.jsonl" >got
jq -c . "$G/summary.json" >want
jq -c '(.. | numbers) |= (. * 1e6 | round)' got >got6
jq -c '(.. | numbers) |= (. * 1e6 | round)' want >want6
same got6 want6 "--summary is numpy's mean and quantiles"
rl-near --drop 0.95 "$G/ref.jsonl" "$G/in.jsonl" >got 2>err
is "$(cat err)" "rl-near: 7 of 28 records dropped" "--drop says how many"
awk 'FNR == NR { drop[FNR] = match($0, /cosine":(1|0\.9[5-9])/); next }
	!drop[FNR]' "$G/near.jsonl" full >want
same got want "and leaves out those that are as near, no others"

# --- the same bytes -------------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 1500; i++)
	printf "{\"id\":\"r%d\",\"prompt\":\"question %d about %d and %d\"}\n", i,
		i % 700, i * i % 97, i % 7 }' >ref
awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "{\"prompt\":\"a question %d about %d\",\"n\":1e2 }\n", i % 450,
		i * 7 % 97; print "{\"prompt\":\"\"}" }' >in
rl-near -j1 ref in >one
rl-near -j7 ref in >seven
same one seven "-j1 and -j7 write the same bytes"
rl-near -u ref - <in >got
same got one "and so does -u: a record's result is its own"
while read -r line; do echo "$line" | rl-near -q ref; done <<END >got
$(sed -n '100,102p' in)
END
sed -n '100,102p' one >want
same got want "and a record alone"
rl-near --memory 0 ref in >got
same got one "and a reference in a file"
rl-embed -q ref >ref.emb
rl-near ref.emb in >got
same got one "and one that is embedded already"
cp in io
rl-near -o io ref io
same io one "-o may name the input"
sed 's/,"near":{[^}]*}}$/}/' one >got
same got in "without the field the output is the input"
rl-near -j1 --self --drop .9 -q ref >one
rl-near -j7 --self --drop .9 -q ref >seven
same one seven "--self --drop too writes the same bytes for any -j"
is "$(tail -1 got | rl-near ref)" \
	'{"prompt":"","near":{"id":"r0","cosine":0}}' \
	"a text without words has the cosine 0, and the first record"

# --- small ------------------------------------------------------------------------

printf '%s\n' '{"prompt":"a b"}' '{"prompt":"c"}' '{"prompt":"A  b!"}' >three
is "$(rl-near --self three | jq -c .near)" '{"id":3,"cosine":1}
{"id":1,"cosine":0}
{"id":1,"cosine":1}' "three records and themselves"
head -1 three >single
is "$(rl-near --self single)" '{"prompt":"a b","near":null}' \
	"one record has no other"
exits 1 "and no summary" rl-near --self --summary single
is "$(cat err)" "rl-near: no records to compare" "which is said"
is "$(echo '{"near":0,"prompt":"c"}' | rl-near three)" \
	'{"near":{"id":2,"cosine":1},"prompt":"c"}' "a near that is there goes"
is "$(rl-near --as twin three single)" \
	'{"prompt":"a b","twin":{"id":1,"cosine":1}}' "--as names the field"
is "$(rl-near - single <three)" \
	'{"prompt":"a b","near":{"id":1,"cosine":1}}' "REF may be standard input"
: >none
exits 1 "an empty reference is an error" rl-near none three
is "$(cat err)" "rl-near: none: no records to compare with" "which is said"
rl-near three none >got
same got none "an empty input is none"

# --- bad --------------------------------------------------------------------------

# refuses MESSAGE SENTENCE ARGUMENT...: status 1, and exactly that is said
refuses() {
	said=$1 what=$2
	shift 2
	rl-near "$@" >out 2>err
	is "$?: $(cat err)" "1: rl-near: $said" "$what"
}

echo '{"embedding":[1,2]}' >two
echo '{"embedding":[1,2,3]}' >xyz
echo '{"x":1}' >nothing
echo '{"embedding":[1,2],"prompt":"a"}' >foreign
printf '%s\n' '{"prompt":"a"}' '{"embedding":[' >torn
refuses "xyz:1: embedding: 3 numbers, expected 2 as in the records before it" \
	"vectors of another dimension are refused" two xyz
refuses "three:1: embedding: missing, and 'hash' makes none of 2 numbers, as \
the records before it have" "and a text that cannot be made one" two three
refuses "nothing:1: neither an embedding nor a prompt or messages" \
	"and a record without either" three nothing
refuses "nothing:1: neither an embedding nor q" "and --prompt is named" \
	--prompt q two nothing
rl-embed --dim 8 three | sed 's/"prompt":"./&x/' >other
refuses "three:1: embedding: missing, and those before it are not of the \
embedder 'hash'" "vectors of another embedder are not mixed with ours" \
	other three
refuses "other:1: embedding: 8 numbers, expected 1024 as in the records before \
it" "nor ours with another's" three other
rl-embed --dim 8 three | sed 's/"prompt":"./&x/' | tail -1 >last
refuses "last:1: embedding: not the one that 'hash' makes, as some before it \
are" "nor with one's of the same dimension" --dim 8 three last
is "$(rl-near -q foreign two | jq -c .near)" '{"id":1,"cosine":1}' \
	"another embedder's are compared with each other"
echo '{"embedding":[1e39,0]}' >big
refuses "big:1: embedding: holds a number that is not finite" \
	"an infinite number is refused" two big
refuses "big:1: embedding: holds a number that is not finite" \
	"also in the reference" -k big two
refuses "torn:2:14: ']' expected near end of line" \
	"a bad line in the reference ends the program, with -k too" -k torn three
echo '{"embedding":[1e38,-3e38]}' >large
echo '{"embedding":[1e-38,-3e-38]}' >little
is "$(rl-near large little | near_of | jq .cosine)" 1 \
	"vectors of any length have their angle"
printf '%s\n' '{"prompt":"a"}' no '{"prompt":7}' '{"prompt":"A"}' >bad
rl-near -k bad bad >out 2>err
is $? 1 "a bad line exits 1"
rl-near -k --rejects rej --self bad >out 2>err
is "$?:$(jq -c .near out)" '1:{"id":4,"cosine":1}
{"id":1,"cosine":1}' "-k --self leaves bad lines out, and counts them as lines"
is "$(cat rej; grep -c '^rl-near: bad:[23]:' err)" 'no
{"prompt":7}
2' "and reports each once"
TMPDIR=/nowhere rl-near --memory 0 three three >out 2>err
is "$?: $(cat err)" "1: rl-near: temporary file in /nowhere: No such file or \
directory" "a temporary file that cannot be made is named"

exits 2 "REF is needed" rl-near
exits 2 "standard input is not both" rl-near - -
exits 2 "--self wants one file" rl-near --self three three
exits 2 "--self wants a file" rl-near --self -
exits 2 "--summary and --drop exclude each other" \
	rl-near --summary --drop 1 three three
exits 2 "--summary has no field" rl-near --summary --as x three three
exits 2 "--as must not replace an input" rl-near --as prompt three three
exits 2 "a cosine is at most 1" rl-near --drop 1.1 three three
exits 1 "a reference that is not there is an error" rl-near lost three

# --- the manual ----------------------------------------------------------------------

awk '/^\.Sh EXAMPLES/ { on = 1 } on && /^\.Ed/ { exit } on && !/^\./' \
	"$root/man/rl-near.1" | sed 1d >example
sed -n 's/^\$ //p' example >commands
grep -v '^\$ ' example >want
sh ./commands >got 2>err
[ -s want ]
ok $? "the manual has an example"
same want got "and it prints what the manual says"

# --- against another's list -----------------------------------------------------------

L=$RK_SHARED/data/routellm/mmlu
if [ -d "$L" ]; then
	"$root/data/import/routellm-mmlu" "$L"/mmlu_*.csv >mmlu
	# RouteLLM's own near duplicates, by another embedder
	jq -c '{prompt: .train_prompt, eval: .eval_prompt}' \
		"$L/contaminated_prompts.jsonl" >train
	jq -c '{prompt: .eval_prompt}' "$L/contaminated_prompts.jsonl" >eval
	rl-near train eval >got
	is "$(jq -s '[.[].near.id] == [range(1; length + 1)]' got)" true \
		"of RouteLLM's list each question's nearest is its own"
	is "$(rl-near mmlu eval | jq -s 'all(.near.cosine == 1)')" true \
		"and each is in MMLU, word by word"
else
	skip "RouteLLM's list of near duplicates" "no shared data"
fi

finish
