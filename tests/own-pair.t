#!/bin/sh
# data/own-pair.mk: from questions with answers to a router and what it is
# worth, with a server of the tests' own as the models. It says the prompt
# again; so the strong model is right where the answer is the last number of
# the question, and the weak one, which is told the kind alone, never.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"
serve log
own=$root/data/own-pair
recipe=$root/data/own-pair.mk
mk() {
	make -s -f "$recipe" STRONG=big WEAK=small \
		STRONG_URL="$url" WEAK_ASK='--prompt kind' MATCH=number \
		ROUTER=sw "$@" >out 2>err
}

awk -f "$own/questions.awk" "$own/facts.txt" >questions.jsonl
is "$(wc -l <questions.jsonl | tr -d ' ') $(jq -r .prompt questions.jsonl |
	sort | uniq -d | wc -l | tr -d ' ')" "200 0" \
	"there are 200 questions, no two of them equal"
jq -r .kind questions.jsonl | sort -u >kinds
is "$(wc -l <kinds | tr -d ' ')" 10 "... of ten kinds"

mk QUESTIONS=questions.jsonl
is "$?" 0 "the recipe runs from the questions to the table"
like "$(cat err)" "rl-label: * of 400 responses had no number to be found*" \
	"... and says of which responses nothing can be read"
like "$(cat err)" "*small: 0 of 200 right; big: $(jq .quality.big \
	own-pair/labels.jsonl | grep -c 1) of 200 right*" \
	"... and how many of each model's are right"
like "$(cat out)" "66 queries; weak small 0.0000, strong big 0.*" \
	"... the table is of a third of them"
like "$(cat out)" "*score  *random *length *oracle *" "... with the controls"
is "$(wc -l <log | tr -d ' ')" 210 \
	"what is asked twice at once or from the cache is asked once"
is "$(jq -sc '[.[]|select(.kind=="copy")|.quality]|unique' \
	own-pair/labels.jsonl)" '[{"small":0,"big":1}]' "answers are labelled"
cp own-pair/table.txt first
rm own-pair/*.jsonl
mk QUESTIONS=questions.jsonl
is "$? $(wc -l <log | tr -d ' ')" "0 210" "run again, it asks nothing twice"
same own-pair/table.txt first "... and the table is the same"

mk
is "$?" 2 "without questions it says what to give"
like "$(cat err)" "*give QUESTIONS, a file, and STRONG and WEAK*" \
	"... in a line"
cp questions.jsonl keyless.jsonl
echo '{"kind":"new","prompt":"no key"}' >>keyless.jsonl
mk QUESTIONS=keyless.jsonl DIR=other labels
[ $? -ne 0 ] && [ -f other/answers.jsonl ] && [ ! -f other/labels.jsonl ]
ok $? "a question without an answer stops it, and no labels are left"

# --- the same folder, other settings ------------------------------------------

asked() { wc -l <log | tr -d ' '; }
# anew N SENTENCE SETTING...: in the folder of the runs before there is what a
# new one gets, for N requests that were not made before
anew() {
	want=$1 what=$2
	shift 2
	n=$(asked)
	mk QUESTIONS=questions.jsonl "$@"
	status=$?
	is "$(($(asked) - n))" "$want" "$what: $want requests are new"
	mv out told
	rm -rf fresh
	mk QUESTIONS=questions.jsonl DIR=fresh "$@"
	is "$status $(cd own-pair && ls)" "$? $(cd fresh && ls)" \
		"... it ends as in a new folder"
	same told out "... with the same table"
	is "$(jq -c 'del(.latency)' own-pair/labels.jsonl)" \
		"$(jq -c 'del(.latency)' fresh/labels.jsonl)" \
		"... of the same labels"
}

touch mark
mk QUESTIONS=questions.jsonl
is "$(find own-pair -newer mark)" "" "where nothing changed, nothing is done"
same out first "... and the table is said again"

anew 0 "a rule by which all are ties" MATCH=exact
is "$status $(ls own-pair/table.txt own-pair/router.rk 2>/dev/null)" "2 " \
	"... which is a failure, and leaves no table and no router"
anew 0 "another rule" MATCH=regex LABEL="--pattern '[0-9]+'"
anew 10 "another weak model" WEAK=tools
like "$(cat out)" "66 queries; weak tools 0.0000, strong big *" \
	"... by its name"
anew 200 "another strong model" STRONG=tools
anew 210 "other parameters" ASK='--param max_tokens=9'
anew 200 "parameters with quotes" STRONG_ASK="--param 'stop=[\"\\n\"]'"
touch mark
mk QUESTIONS=questions.jsonl STRONG_ASK="--param 'stop=[\"\\n\"]'"
is "$(find own-pair -newer mark)" "" "... which stay as they are"
anew 210 "another server" STRONG_URL="http://localhost:${url##*:}"
mk QUESTIONS=questions.jsonl
touch mark
anew 0 "another router" ROUTER=length
is "$(find own-pair -newer mark -name '*.jsonl' | sort)" \
	own-pair/scored.jsonl "... and answers and labels are not made again"
anew 0 "another split" TRAIN='--valid 0.3'
echo '{"big":{"input":1,"output":2},"small":{"input":0.1,"output":0.2}}' >prices
anew 0 "prices" PRICES=prices
is "$(grep -c '\$' first) $(grep -c '\$' out)" "0 1" \
	"... which the table has too"
sed -i 's/2}/3}/' prices
anew 0 "other prices in the same file" PRICES=prices

# what is in the files counts, not how old they are
cp questions.jsonl all.jsonl
head -120 all.jsonl >questions.jsonl
touch -t 200001010000 questions.jsonl
anew 0 "fewer questions, in an older file"
mv all.jsonl questions.jsonl
recipe=own.mk
sed 's/NR % 3/NR % 2/' "$root/data/own-pair.mk" >own.mk
anew 0 "a recipe with another line"
like "$(cat out)" "100 queries;*" "... which counts"
recipe=$root/data/own-pair.mk

# --- before anything is asked -------------------------------------------------

n=$(asked)
mk QUESTIONS=questions.jsonl DIR=none PRICES=prices plan \
	ASK='--param max_tokens=100'
is "$? $(($(asked) - n)) $(find none 2>/dev/null)" "0 0 " \
	"a plan asks nothing and writes nothing"
is "$(sed '/^{/d' out | tr '\n' ' ')$(sed -n '/^{/p' out |
	jq -c '[.records, .cached, .calls, .output_tokens, .dollars > 0]' |
	tr '\n' ' ')" \
	"small: big: [200,0,10,1000,true] [200,0,200,20000,true] " \
	"... and says what either model would cost"
mk QUESTIONS=questions.jsonl plan
is "$(sed -n '/^{/p' out | jq -c '[.cached, .calls, .dollars]' | tr '\n' ' ')" \
	"[200,0,0] [200,0,0] " "... what is paid for costs nothing more"

# refused WHAT SETTING...: in one line that has WHAT in it
refused() {
	what=$1
	shift
	mk QUESTIONS=questions.jsonl "$@"
	is "$? $(wc -l <err | tr -d ' ')" "2 1" "refused in a line: $*"
	like "$(cat err)" "*$what*" "... which says so"
}
mk QUESTIONS=questions.jsonl
cp -R own-pair kept
refused 'target plan' ASK='--dry-run --param max_tokens=300'
refused 'target plan' WEAK_ASK='--batch'
refused 'target plan' STRONG_ASK='--dry'
refused 'without spaces' DIR='my folder'
refused 'without spaces' DIR=
cp questions.jsonl test.jsonl
refused 'test.jsonl would be overwritten' DIR=. QUESTIONS="$tmp/test.jsonl"
same test.jsonl questions.jsonl "... and is as it was"
refused 'no file none.jsonl' QUESTIONS=none.jsonl
refused 'no file none' PRICES=none
refused 'both small' STRONG=small
refused 'with a quote' STRONG="big's"
refused 'give QUESTIONS' WEAK=
diff -r own-pair kept >differ
is "$? $(asked)" "0 $n" "and the folder stays as it was"
finish
