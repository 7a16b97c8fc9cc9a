#!/bin/sh
# data/own-pair.mk on a real model in two configurations: as it comes, and with
# four examples before each question, which takes four times the tokens to read.
# What the router is worth is not tested: that the loop runs, and asks once, is.
. "$(dirname "$0")/llama.sh"
own=$root/data/own-pair
# a third of them: all take half an hour where there are two cores
awk -f "$own/questions.awk" "$own/facts.txt" | awk 'NR % 3 == 1' >questions.jsonl
n=$(($(wc -l <questions.jsonl)))
serve plain --jinja -np 8 -c 2048
plain=$url
serve examples --jinja -np 8 -c 2048 --chat-template-file "$own/few-shot.jinja"
mk() {
	make -f "$root/data/own-pair.mk" QUESTIONS=questions.jsonl \
		WEAK=tinyllama WEAK_URL="$plain" \
		STRONG=tinyllama-examples STRONG_URL="$url" MATCH=number \
		ASK='-q -j 8 --param temperature=0' \
		WEAK_ASK='--param max_tokens=16' STRONG_ASK="--param \
		max_tokens=8 --param 'stop=[\"\\n\"]'" >out 2>err
}
mk
is "$?" 0 "questions are asked, labelled, trained on and evaluated"
sed 's/^/# /' out
like "$(cat out)" \
	"*$((n / 3)) queries; weak tinyllama 0.*, strong tinyllama-examples 0.*" \
	"a table says what the router is worth"
is "$(jq -c '[.responses, .usage, .quality]|map(keys|length)' \
	own-pair/labels.jsonl | sort | uniq -c | tr -s ' ')" " $n [2,2,2]" \
	"every question has two answers, with their tokens, and two labels"
is "$(jq -s '[.[].quality[]] | unique == [0, 1]' own-pair/labels.jsonl)" true \
	"some answers are right and some are not"
rm own-pair/*.jsonl
cp own-pair/table.txt first
kill $servers
mk
is "$?" 0 "with the servers gone, all of it comes from the cache"
same own-pair/table.txt first "... to the same table"
finish
