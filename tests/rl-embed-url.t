#!/bin/sh
# rl-embed against a server of the tests' own: every vector beside its text,
# nothing paid for twice however the texts are put together, and no vector that
# the server got wrong.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"

# texts LOG: how many texts the server was asked for; requests LOG
texts() {
	cut -f 3 "$1" | awk '{ n += $1 } END { print n + 0 }'
}
requests() {
	asked "$1"
}

serve log
good=$url
embed() {
	timeout 60 rl-embed -q --url "$url" --remote-model M "$@"
}

# --- what it adds ------------------------------------------------------------

printf '%s\n' '{"prompt":"axis 3", "x":1e2}' '{"prompt":"axis 0"}' >two
embed --array two >out 2>err
is "$(cat out err)" '{"prompt":"axis 3", "x":1e2,"embedding":[0,0,0,1,0,0,0,0]}
{"prompt":"axis 0","embedding":[1,0,0,0,0,0,0,0]}' \
	"the server's vector is added, of length 1, and the rest is as it was"
is "$(cut -f 3 log)" "1 base64 0
2 base64 0" "one text tells the dimension, then all are asked for at once"
: >log
embed --dim 4 --array two >out
is "$(jq -c .embedding out)" "[0,0,0,1]
[1,0,0,0]" "--dim is the API's dimensions"
is "$(cut -f 3 log)" "2 base64 4" "which are known then"
embed two >out
is "$(jq -r .embedding out | tail -n 1)" \
	"AACAPwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" "as base64"
rl-embed -q -e remote:M --url "$url" two >out2
same out2 out "-e remote:M is the same"
OPENAI_BASE_URL=$url rl-embed -q --remote-model M two >out2
same out2 out "and so is OPENAI_BASE_URL"
printf '%s\n' '{"prompt":""}' '{"prompt":"axis 1"}' | embed --dim 2 --array \
	>out 2>err
is "$(cat out err)" '{"prompt":"","embedding":[0,0]}
{"prompt":"axis 1","embedding":[0,1]}
rl-embed: 1 of the embeddings are zero: their texts hold no words' \
	"an empty text is zero, and not asked for"

# --- order, requests ----------------------------------------------------------

jq -nc 'range(700) | {prompt: "text \(. % 200) of many"}' >many
: >log
embed --dim 8 many >all
is "$(requests log) $(texts log)" "20 588" \
	"equal texts of a batch are asked for once, 32 in a request"
jq -r '[.prompt, .embedding] | @tsv' all | sort -u >pairs
is "$(wc -l <pairs | tr -d ' ')" 200 "equal texts have equal vectors"
is "$(jq -r .prompt all)" "$(jq -r .prompt many)" "the order is kept"
: >log
embed --dim 8 -j 1 --inputs 7 many >out
same out all "in requests of 7, one by one: the same bytes"
is "$(cut -f 3 log | cut -d ' ' -f 1 | sort -n | tail -n 1)" 7 \
	"and no request had more"
: >log
embed --dim 8 --request-tokens 20 many >out
same out all "in requests of 20 tokens: the same bytes"
is "$(cut -f 3 log | cut -d ' ' -f 1 | sort -n | tail -n 1)" 5 \
	"five texts of 15 bytes are 19 tokens"
: >log
head -n 12 many | embed --dim 65536 --inputs 2000 | wc -l >out
is "$(cat out) $(cut -f 3 log | sort | tr '\n' ' ')" \
	"12 10 base64 65536 2 base64 65536 " \
	"and no more than whose vectors fit into a reply"
(cat many; echo '{"prompt":"axis 1 fault=shuffle:0"}') | embed --dim 8 >out
head -n 700 out | cmp -s - all
ok $? "the rows' order is that of their index"
(cat many; echo '{"prompt":"axis 1 fault=arrays:0"}') | embed --dim 8 >out
head -n 700 out | cmp -s - all
ok $? "a server that sends arrays all the same: the same bytes"
: >log
(echo '{"prompt":"fault=no64:0"}'; cat many) | embed --dim 8 >out
tail -n 700 out | cmp -s - all
ok $? "a server that refuses base64 is asked for arrays"
is "$(cut -f 3 log | grep -c base64)" 7 \
	"which it is from the first batch on"

# --- faults ------------------------------------------------------------------

# 200 texts, one a request, through those that pass
awk 'BEGIN {
	n = split("429 500:2 503 408 409 reset truncated close garbage empty " \
	    "array missing more twice index short words nan nanbits huge " \
	    "bits none none none none", f, " ")
	for (i = 0; i < 200; i++)
		printf "{\"prompt\":\"q%d fault=%s\"}\n", i, f[i % n + 1]
}' >faults
: >log
embed -j 64 --dim 8 --inputs 1 faults >out 2>err
is "$?: $(cat err)" "0: " "200 lines pass through the cheap faults"
is "$(jq -r .prompt out)" "$(jq -r .prompt faults)" \
	"nothing is lost and the order is kept"
# 21 faults of 25, one of them twice, eight of each; but where the text is the
# only one, a row with the index 0 is right
is "$(requests log)" 368 "nothing is asked beyond the retries"

# wrong FAULT MESSAGE: what the server gets wrong each time, three texts
wrong() {
	: >log
	printf '{"prompt":"a"}\n{"prompt":"b"}\n{"prompt":"c fault=%s:0"}\n' \
		"$1" | embed --dim 8 --retries 1 -k >out 2>err
	is "$?: $(cat out err)" "1: $(for i in 1 2 3; do
		echo "rl-embed: stdin:$i: M: after 2 tries: reply: $2"
	done)
rl-embed: 3 of 3 lines were bad" "fault $1 is an error of its request's lines"
	is "$(requests log)" 2 "which was sent twice"
}
wrong missing "2 vectors for 3 texts"
wrong more "4 vectors for 3 texts"
wrong twice "data[1].index: 0 comes twice"
wrong index "data[2].index: 3, expected one from 0 to 2"
wrong noindex "data[0].index: expected a whole number"
wrong short "data[0].embedding: 7 numbers, expected 8"
wrong words "data[0]: embedding[0]: expected a number"
wrong nan "no JSON: invalid token near 'NaN'"
wrong nanbits "data[0]: embedding[4]: not a finite number"
wrong huge "data[0]: embedding[4]: not a finite number"
wrong bits "data[0]: embedding: a text that is no base64"

: >log
printf '{"prompt":"a"}\n{"prompt":"b fault=refuse:0"}\n{"prompt":"c"}\n' |
	embed --dim 8 -k >out 2>err
is "$?: $(jq -r .prompt out) $(cat err)" \
	"1: a
c rl-embed: stdin:2: M: HTTP 400: no such input
rl-embed: 1 of 3 lines were bad" \
	"a text that the server refuses is found among its fellows"
is "$(requests log)" 5 "each asked for alone"

awk 'BEGIN {
	n = split("stall halt later big stall", f, " ")
	for (i = 0; i < 10; i++)
		printf "{\"prompt\":\"s%d fault=%s\"}\n", i, f[i % n + 1]
}' >slow
: >log
timeout 60 /usr/bin/time -f %M -o took rl-embed -q --remote-model M --dim 8 \
	--url "$url" -k -j 10 --inputs 1 --silence 0.3 slow >out 2>err
is "$(jq -r .prompt out)" "$(grep -v big slow | jq -r .prompt)" \
	"slow servers are asked again"
is "$(grep -c 'the reply is longer than 16777216 bytes' err)" 2 \
	"a reply of 100 MB is refused"
[ "$(tail -n 1 took)" -lt 400000 ]
ok $? "and what is held is bounded ($(tail -n 1 took) KiB)"
embed --dim 8 --retries 0 <<'X' >out 2>err
{"prompt":"a"}
{"prompt":"b fault=redirect"}
X
like "$?: $(cat err)" "1: rl-embed: stdin:1: M: HTTP 307: redirects are not *" \
	"no redirect is followed"

# --- keys, prices ---------------------------------------------------------------

key=sk-very-secret-8841
: >log
OPENAI_API_KEY=$key embed --dim 8 two >out
is "$(cut -f 2 log)" "Bearer $key" "the key is sent"
OPENAI_API_KEY=$key timeout 20 rl-embed --remote-model M --dim 8 \
	--url http://example.invalid/v1 two >out 2>err
like "$?: $(cat err)" "2: *a key is sent over https, or to this machine*" \
	"over plain http to this machine alone"
cat >models <<X
{"M":{"input":1000,"output":0,"url":"$url/","key_env":"M_KEY"}}
X
: >log
M_KEY=$key timeout 20 rl-embed --remote-model M --dim 8 --models models \
	two >out 2>err
is "$(cat err)" "rl-embed: 2 texts, 0 of them from the cache; 1 requests; \
0.003 dollars spent" "with prices it says what was spent"
is "$(cut -f 2 log)" "Bearer $key" "at the URL and with the key of the file"
: >log
echo '{"prompt":"fault=nan:0"}' >bad
M_KEY=$key timeout 20 rl-embed -q --remote-model M --dim 8 --models models \
	--max-cost 0.2 bad >out 2>err
is "$? $(requests log)" "1 2" "no try is made that could exceed --max-cost"
: >log
# a request costs at worst a token a byte: 122 bytes are 0.122 dollars
M_KEY=$key timeout 20 rl-embed -q --remote-model M --dim 8 --models models \
	--inputs 1 -j 2 --max-cost 0.3 many >out 2>err
is "$?" 1 "--max-cost stops a run"
like "$(cat err)" "rl-embed: --max-cost: stopped before many:*, which may \
cost 0.* dollars; 0.* are spent" "and says where"
n=$(wc -l <out | tr -d ' ')
head -n "$n" many | jq -r .prompt >want
jq -r .prompt out | cmp -s - want && [ "$n" -gt 40 ] && [ "$n" -lt 80 ] &&
	[ "$n" -eq "$(requests log)" ]
ok $? "all that was asked for is written ($n lines)"
: >log
timeout 20 rl-embed --remote-model M --dim 8 --models models --dry-run \
	--inputs 10 many many >out
is "$(cat out)" '{"records":1400,"cached":0,"calls":20,"input_tokens":777,'\
'"output_tokens":0,"dollars":0.777}' \
	"--dry-run counts requests, tokens and dollars"
is "$(requests log)" 0 "and asks nothing"

if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	serve log 600
	head -n 512 many >two-batches
	sed "s|$good|$url|" models >slow-models
	M_KEY=$key script -qec "rl-embed --remote-model M --dim 8 --models \
slow-models --inputs 256 -o out two-batches" /dev/null </dev/null >shown 2>&1
	like "$(cat shown)" "*100 %, 0:00 left, 512 answers, */s, \$* spent*" \
		"progress says how far it is and what is spent"
	serve log
else
	skip "progress says how far it is and what is spent" "no terminal here"
fi

# --- the cache -------------------------------------------------------------------

: >log
embed --cache c many >first
is "$(texts log)" 201 "with a new cache each text is asked for once"
is "$(ls -l c | cut -c 1-10)" "-rw-------" "the cache is its owner's alone"
: >log
embed --cache c --inputs 3 -j 2 many two >out
head -n 700 out | cmp -s - first
ok $? "with the cache the bytes are the same"
is "$(texts log)" 2 "put together otherwise, only what is new is asked for"
embed --cache c --cache-only many >out
same out first "--cache-only takes all from there"
embed --cache c --cache-only --dim 8 many >out 2>err
is "$?: $(cat err)" "1: rl-embed: many:1: M: not in the cache c" \
	"other dimensions are another vector"
is "$(rl-ask --cache c --cache-stats | jq -c .answers)" 203 \
	"the cache of rl-ask is the same file"

serve klog 5
jq -nc 'range(400) | {prompt: "kill \(.)"}' >kmany
for wait in 0.05 0.1 0.15; do
	rl-embed -q --remote-model M --dim 8 --url "$url" -j 2 --inputs 4 \
		--cache killed kmany >out &
	pid=$!
	sleep $wait
	kill -9 $pid
	wait $pid 2>/dev/null
done 2>/dev/null
embed --dim 8 -j 2 --inputs 5 --cache killed kmany >out
is "$(jq -r .prompt out)" "$(jq -r .prompt kmany)" \
	"after kill -9 the same command comes to its end"
n=$(texts klog)
[ "$n" -ge 400 ] && [ "$n" -le $((400 + 3 * 2 * 4)) ]
ok $? "what was paid for is not paid for again ($n for 400 texts)"
serve log

# --- training and scoring -----------------------------------------------------------

head -n 300 "$root/data/mini/train.jsonl" >train
pair='--strong larch/large-1.5 --weak larch/medium-0.9'
embed --cache c train >trained
rl-train -q -r linear -e remote:M -o model $pair trained >out 2>err
is "$(jq -c .embedder out)" \
	'{"kind":"remote","model":"M","dim":8,"native":"yes"}' \
	"rl-train -e remote:M: the model file names the embedder"
rl-train -q -r linear -e remote:M -o none $pair train >out 2>err
is "$?: $(cat err)" "1: rl-train: train:1: vectors of the remote model 'M' come \
over the network: add them first (rl-embed --url URL --remote-model M)" \
	"it asks no server itself"
head -n 5 train | jq -c '{prompt}' >queries
embed --cache c queries | rl-score -m model --drop >want
: >log
rl-score -m model queries >out 2>err
is "$?: $(cat err)" "1: rl-score: queries:1: embedding: missing, and vectors of \
the remote model 'M' come over the network: add them first (rl-embed --url URL \
--remote-model M)" "rl-score refuses a line without an embedding"
OPENAI_BASE_URL=$url rl-score -m model queries >out 2>err
is "$? $(requests log)" "1 0" "and asks nobody who was not named"
rl-score -m model --url "$url" queries >out 2>err
is "$(cat out err)" "$(cat want)" \
	"with --url it has the embeddings made, and the score is the same"
is "$(cut -f 3 log)" "5 base64 0" "by one request"
rl-score -m model --url "$url" --cache c queries >out 2>err
same out want "or from the cache"
is "$(requests log)" 1 "without a request"
embed --dim 4 queries | rl-score -m model >out 2>err
is "$?: $(cat err)" \
	"1: rl-score: stdin:1: embedding: 4 numbers, the model wants 8" \
	"another dimension is refused"
rl-train -q -r linear -e remote:M --dim 8 -o asked $pair trained >out
is "$(jq -c .embedder out)" \
	'{"kind":"remote","model":"M","dim":8,"native":"no"}' \
	"--dim says that the dimension was asked for"
rl-train -q -r linear -e remote:M --dim 4 -o asked $pair trained >out 2>err
is "$?: $(cat err)" \
	"1: rl-train: trained:1: embedding: 8 numbers, expected 4" \
	"and what has another is refused"
: >log
rl-score -m asked --url "$url" queries >out
is "$(cut -f 3 log)" "5 base64 8" "as it is in scoring"
jq -nc 'range(250) | {prompt: "full \(.)"}' >full
(ulimit -f 100; rl-score -q -k -m asked --url "$url" --cache small2 full \
	>out 2>err)
is "$? $(grep -c . out) $(grep -c 'no more was asked' err)" "1 250 1" \
	"where vectors cannot be kept, those that came are scored, and it is said"
rl-train -q -r linear -o hash $pair train >out
exits 2 "a model of other embeddings wants no URL" \
	rl-score -m hash --url "$url" queries
exits 2 "a cache without a URL is wrong usage" rl-score -m model --cache c \
	queries

# --- a cache that is full -----------------------------------------------------------

awk 'BEGIN { for (i = 0; i < 600; i++)
	printf "{\"prompt\":\"full %d\"}\n", i }' >many
: >log
(ulimit -f 100; embed --dim 8 --inputs 2 -k -j 2 --cache small many >out 2>err)
[ $? -eq 1 ] && [ "$(grep -c . out)" -ge 2 ] && [ "$(texts log)" -lt 600 ]
ok $? "where vectors cannot be kept, no more are asked for ($(texts log) of 600)"
# (of the texts, one is that which the dimension is found by)
is "$(grep -c . out)" "$(texts log)" "and those that were are written"
like "$(cat err)" "*: stopped before many:*no more was asked*" "and it says so"

# --- usage -----------------------------------------------------------------------

exits 2 "no URL is wrong usage" rl-embed --remote-model M two
exits 2 "a URL for the built-in embedder too" rl-embed --url "$url" two
exits 2 "no model too" rl-embed -e remote --url "$url" two
exits 2 "no such number of texts" embed --inputs 0 two
exits 2 "--cache-only without --cache" embed --cache-only two
timeout 20 rl-embed --remote-model M --url http://127.0.0.1:9/v1 two >out 2>err
like "$?: $(cat err)" "1: rl-embed: M: *onnect*" \
	"a server that is not there is told before anything is read"

finish
