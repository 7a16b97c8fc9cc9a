#!/bin/sh
# -r causal with a language model that llama-server has: real log-probabilities
# in, scores out; and nothing asked twice.
. "$(dirname "$0")/llama.sh"
awk 'length < 300' "$root/data/mini/train.jsonl" | head -20 >few.jsonl
pair='--strong larch/large-1.5 --weak larch/medium-0.9'
serve log --jinja -np 2 -c 2048
rl-train -q -r causal --set url="$url" --set remote=tinyllama --set top=1000 $pair -o m.rk \
	"$root/data/mini/train.jsonl" >out 2>err
is "$?: $(cat err)" "0: " "a model file is made"
rl-score -q -m m.rk --cache answers few.jsonl >scored 2>err
is "$? $(wc -l <scored | tr -d ' ')" "0 20" "every prompt gets a score"
sed 's/^/# /' err
is "$(jq -s 'map(.score) | all(. >= 0 and . <= 1)' scored)" true \
	"... between 0 and 1"
[ "$(jq .score scored | sort -u | wc -l)" -gt 10 ]
ok $? "... and not the same one"
jq -c .score scored | sed 's/^/# /' | head -5
rl-ask --cache answers --cache-stats >out
is "$(jq .answers out)" 20 "every reply is kept"
kill $servers
rl-score -q -m m.rk --cache answers few.jsonl >again 2>err
is "$?" 0 "with the server gone, all come from the cache"
same again scored "... the same bytes"
finish
