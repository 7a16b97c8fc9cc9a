#!/bin/sh
# -r causal with a server's language model, against the tests' own server: one
# request a prompt, the same score, nothing asked twice; and training asks
# nothing.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"
serve log
awk 'BEGIN { for (i = 0; i < 60; i++)
	printf "{\"prompt\":\"question %d\",\"quality\":{\"big\":%d,\"small\":%d}}\n",
	    i, (i % 5 > 0), (i % 3 > 0) }' >train.jsonl
train() {
	rl-train -q -r causal --set url="$url" --set remote=M --strong big \
		--weak small "$@"
}

# --- the file ------------------------------------------------------------------

exits 0 "a model file is made" train -o m.rk train.jsonl
is "$(jq -c '[.router, .params.remote, has("valid")]' out)" \
	'["causal","M",false]' "... which is not measured"
is "$(asked log)" 0 "... and nothing is asked for it"
is "$(rl-score -m m.rk --info | jq -r '."rk.params".url')" "$url" "it says where"

# what RESULT the record PROMPT gets
score() {
	printf '{"prompt":"%s"}\n' "$1" | rl-score -q -m "${2:-m.rk}" 2>err |
		jq .score
}
# what awk has of the probabilities p1 ... p5, to 1e-6
near() { # GOT EXPRESSION SENTENCE
	awk -v got="$1" "BEGIN { d = got - ($(echo "$2" | tr -d '\n'))
		exit !(d < 1e-6 && d > -1e-6) }"
	ok $? "$3"
}
near "$(score 'top=1:-0.5,4:-1.5,x:-3 how?')" \
	'(1 + exp(-.5) / (exp(-.5) + exp(-1.5))) / 2' \
	"the score is (1 + expected gain) / 2 of the tokens that are scores"
near "$(score 'top=5:-0.1,2:-3,_2:-4,[[2]]:-5 how?')" \
	'(1 + ((p = exp(-3) + exp(-4) + exp(-5)) * 2 / 3 - exp(-.1)) /
		(p + exp(-.1))) / 2' \
	"a score with white space or brackets around it counts"
is "$(score 'top=yes:-0.1,44:-1,0:-2,6:-3,[1]:-3 how?')" 1 \
	"where no token is a score, the strong model is to answer"
printf '{"prompt":"a top=%s:-1"}\n' x 3 y | rl-score -m m.rk 2>err >out
is "$(grep -c . out) $(sed -n 's/^rl-score: //p' err | tail -1)" \
	"3 2 of 3 replies named no score: scored 1, for the strong model" \
	"... which is told"
like "$(cat err)" "*M is asked at $url*" "... as is where it asks"
train --set compat=routellm -o p3.rk train.jsonl >out
near "$(score 'top=3:-0.5,4:-1.5 how?' p3.rk)" \
	'exp(-.5) / (exp(-.5) + exp(-1.5))' \
	"compat=routellm is the probability of 1, 2 and 3"
sed 's/"small":1/"small":4/; s/"small":0/"small":2/; s/"big":1/"big":5/; s/"big":0/"big":2/' \
	train.jsonl >graded.jsonl
train --set labels=score --quality-range 1,5 -o graded.rk graded.jsonl >out
[ "$(score 'top=1:-0.5 how?' graded.rk | cut -c1-4)" != \
	"$(score 'top=5:-0.5 how?' graded.rk | cut -c1-4)" ]
ok $? "labels=score takes the gains from the qualities"

rl-train -q -r causal --set url=https://models.example.invalid/v1 --set remote=M \
	--strong big --weak small -o far.rk train.jsonl >out
echo '{"prompt":"a"}' >a
rl-score -q -m far.rk a >out 2>err
is "$? $(grep -c . out) $(head -n 1 err)" "2 0 rl-score: the model file would send \
each query to https://models.example.invalid/v1: give --url if it may" "a file does not send queries to another machine by itself"

# --- the network -----------------------------------------------------------------

awk 'BEGIN {
	n = split("429 500:2 503 408 reset truncated close garbage none", f, " ")
	for (i = 0; i < 60; i++)
		printf "{\"prompt\":\"q%d top=1:-%d,5:-1 fault=%s\"}\n", i,
		    i % 7, f[i % n + 1]
}' >faults
: >log
rl-score -q -m m.rk -j 16 faults >out 2>err
is "$? $(grep -c . out) $(cat err)" "0 60 " "what fails in passing is tried again"
is "$(sed 's/,"score":.*/}/' out | cmp - faults && echo same)" same \
	"... the order is kept"
rl-score -q -m m.rk -j 1 faults >one
same out one "... and the scores are those of -j 1"
: >log
rl-score -q -m m.rk --cache answers faults >two
asked_first=$(asked log)
rl-score -q -m m.rk --cache answers faults >three
is "$asked_first $(asked log)" "60 60" "with a cache nothing is asked twice"
same two three "... and the scores are the same"
same out two "... those without it"

: >log
OPENAI_API_KEY=secret; export OPENAI_API_KEY
score 'top=1:-1 key?' >out
is "$(cut -f2 log)" "-" "a file's URL gets no key"
: >log
printf '{"prompt":"top=1:-1 key?"}\n' | rl-score -q -m m.rk --url "$url" >out
is "$(cut -f2 log)" "Bearer secret" "--url gets it"
unset OPENAI_API_KEY

: >log
printf '{"prompt":"%s"}\n' 'a top=1:-1' 'b' 'c top=1:-1' >mixed
exits 1 "a server without log-probabilities is an error" \
	rl-score -q -m m.rk mixed
is "$(grep -c . out) $(cat err)" "1 rl-score: mixed:2: M: the server gives no \
log-probabilities: expected choices[0].logprobs" \
	"... of its line, after those before it"
is "$(asked log)" 3 "... and is not tried again"
printf '{"prompt":"twin"}\n{"prompt":"twin"}\n{"prompt":"twin"}\n' |
	rl-score -q -k -m m.rk >out 2>err
is "$(grep -c . out) $(grep -c 'gives no log-probabilities' err)" "0 3" \
	"... and so are equal ones that were asked with it"
exits 1 "-k goes on" rl-score -q -k -m m.rk mixed
is "$(grep -c score out)" 2 "... with the lines that have a score"
exits 0 "--pass lets such a line through" rl-score -q --pass -m m.rk mixed
is "$(grep -c . out) $(grep -c score out)" "3 2" "... without a score"
: >log
awk 'BEGIN { for (i = 0; i < 200; i++) print "{\"prompt\":\"none " i "\"}" }' |
	rl-score -q -j 2 -m m.rk >out 2>err
[ "$(asked log)" -le 8 ]
ok $? "after an error the rest is not asked"

# --- limits -------------------------------------------------------------------

printf '{"prompt":"%s top=2:-1"}\n' a b c >three
rl-score -q -m m.rk --cache kept three >cached
: >log
rl-score -q -m m.rk --cache kept --cache-only three >out
same out cached "--cache-only scores from the cache"
printf '{"prompt":"d top=2:-1"}\n' | rl-score -q -m m.rk --cache kept \
	--cache-only >out 2>err
is "$?: $(cat err) $(asked log)" "1: rl-score: stdin:1: M: not in the cache kept 0" \
	"... and asks nothing"
exits 2 "... and needs a cache" rl-score -q -m m.rk --cache-only three
/usr/bin/time -f %e -o took rl-score -q -m m.rk --rpm 300 three >out
is "$(awk '{ print ($1 >= 0.3 && $1 < 3) }' took)" 1 "--rpm spreads requests"
: >log
printf '{"prompt":"e top=2:-1 fault=503:9"}\n' |
	rl-score -q -m m.rk --retries 1 >out 2>err
is "$? $(asked log)" "1 2" "--retries says how often it is tried again"

awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "{\"prompt\":\"full %d top=2:-1\"}\n", i }' >many
: >log
(ulimit -f 100; rl-score -q -k -j 2 -m m.rk --cache small many >out 2>err)
is "$? $(grep -c . out)" "1 $(asked log)" \
	"with a cache that is full, what was asked for has its score"
[ "$(asked log)" -lt 100 ]
ok $? "... and no more is asked ($(asked log) of 600)"
is "$(grep -c 'no more was asked' err)" 1 "... and it says so"

# --- what is refused ----------------------------------------------------------------

wrong() { # MESSAGE SENTENCE ARGUMENT...
	message=$1 sentence=$2
	shift 2
	rl-train -q -r causal --strong big --weak small -o x.rk "$@" \
		train.jsonl >out 2>err
	[ $? -ne 0 ] && [ ! -e x.rk ]
	ok $? "$sentence is refused"
	like "$(cat err)" "*$message*" "... with the reason"
}
wrong "url and remote go together" "url without remote" --set url="$url"
wrong "url and remote go together" "remote without url" --set remote=M
wrong "either init" "init beside remote" --set url="$url" --set remote=M \
	--set init=x
wrong "ftp://x" "a URL that is none" --set url=ftp://x --set remote=M
echo 'no place' >empty.txt
wrong "empty.txt" "a template without its prompt" --set url="$url" \
	--set remote=M --set template=empty.txt
wrong "a server would have to be asked" "a comparison with such a file" \
	--set init="$root/tests/golden/causal/tiny" --set steps=1 --valid .3 \
	--set template="$root/tests/golden/causal/template.txt" \
	--if-better m.rk
wrong "a server would have" "--if-better for such a file" --set url="$url" \
	--set remote=M --if-better m.rk
finish
