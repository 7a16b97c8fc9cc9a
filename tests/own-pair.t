#!/bin/sh
# data/own-pair.mk: from questions with answers to a router and what it is
# worth, with a server of the tests' own as the models. It says the prompt
# again; so the strong model is right where the answer is the last number of
# the question, and the weak one, which is told the kind alone, never.
. "$(dirname "$0")/tap.sh"
unset http_proxy all_proxy no_proxy ALL_PROXY NO_PROXY
unset OPENAI_API_KEY OPENAI_BASE_URL
own=$root/data/own-pair
"$RK_BUILD/tests/fault-server" log >port &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$tmp"' EXIT
while [ ! -s port ]; do sleep 0.02; done
url=http://127.0.0.1:$(cat port)/v1
mk() {
	make -s -f "$root/data/own-pair.mk" STRONG=big WEAK=small \
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
like "$(cat out)" "66 queries; weak small 0.0000, strong big 0.*" \
	"... which is of a third of them"
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
echo '{"kind":"new","prompt":"no key"}' >>questions.jsonl
mk QUESTIONS=questions.jsonl DIR=other labels
[ $? -ne 0 ] && [ -f other/answers.jsonl ] && [ ! -f other/labels.jsonl ]
ok $? "a question without an answer stops it, and no labels are left"
finish
