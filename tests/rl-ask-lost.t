#!/bin/sh
# rl-ask: what was paid for is neither lost nor paid for again, whatever fails
# beside it; and what a reply cannot be is asked for once.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"
serve log
ask() {
	timeout 60 rl-ask -q -m M --url "$url" "$@"
}
key=sk-very-secret-8841
jq -nc 'range(30) | {prompt: "question \(.)"}' >thirty
echo '{"big":{"input":100,"output":100},"call":{"call":0.1}}' >models

# --- tries --------------------------------------------------------------------

# the second goes over the connection of the first
printf '%s\n' '{"prompt":"warm"}' '{"prompt":"x fault=close:0"}' |
	ask -j 1 --retries 0 >out 2>err
is "$? $(grep -c . out) $(grep -c '^close' log)" "1 1 1" \
	"a connection that breaks is no reason to send by itself again"
: >log
printf '%s\n' '{"prompt":"warm2"}' '{"prompt":"x fault=close:2"}' |
	ask -j 1 >out 2>err
is "$? $(grep -c . out) $(asked log)" "0 2 4" "but to try again"
: >log
echo '{"prompt":"x fault=page:0"}' | ask >out 2>err
is "$?: $(cat err) $(asked log)" "1: rl-ask: stdin:1: M: the reply is a page of \
HTML, not JSON: is the URL $url/chat/completions right? 1" \
	"a page is no reply, and is asked for once"
echo '{"prompt":"x fault=404:0"}' | ask >out 2>err
is "$?: $(cat err)" "1: rl-ask: stdin:1: M: HTTP 404 from \
$url/chat/completions" "what is not found is named"
: >log
echo '{"prompt":"x fault=filtered:0"}' | ask >out 2>err
is "$?: $(jq -c .responses out) $(asked log)" '0: {"M":""} 1' \
	"an answer that was filtered is empty, and asked for once"
echo '{"prompt":"x fault=calls:0"}' | ask >out 2>err
is "$(jq -r '.responses.M|fromjson|.[0].id' out)" c \
	"calls of tools beside an empty text are the answer"
echo '{"prompt":"x fault=minus:0"}' | ask >out 2>err
is "$? $(jq -c .usage out)" "0 null" \
	"a usage that cannot be is none: the answer is there all the same"
echo '{"prompt":"x fault=cut:0"}' | ask >out 2>err
is "$(jq -c .usage.M out)" '{"input":9,"output":3,"cut":true}' \
	"an answer that is cut says so"
echo '{"prompt":"x","messages":5}' | ask >out
is "$?" 0 "messages beside a prompt are not looked at"

# --- keys ---------------------------------------------------------------------

: >log
echo '{"prompt":"none of these"}' | OPENAI_API_KEY=none ask >out
is "$? $(jq -r .responses.M out)" "0 you said none of these" \
	"a word in the key's place does not make answers secret"
echo '{"prompt":"x fault=spelled:0"}' | OPENAI_API_KEY=$key ask --cache kc \
	>out 2>err
is "$?: $(cat err)" "1: rl-ask: stdin:1: M: the reply holds the key" \
	"a key is found in a reply however JSON spells it"
for o in --key "--key-env"; do
	echo '{"prompt":"x"}' | ask $o $key >out 2>err
	[ $? -eq 2 ] && ! grep -q "$key" err
	ok $? "$o KEY does not show it"
done

# --- what fails beside it ---------------------------------------------------------

: >log
jq -nc 'range(300) | {prompt: "question \(.)"}' >many
(ulimit -f 100; ask -k -j 2 --cache small many >out 2>err)
is "$? $(grep -c . out)" "1 $(asked log)" \
	"with a cache that is full, what was asked is written"
[ "$(asked log)" -lt 200 ]
ok $? "and no more is asked than was on its way ($(asked log) of 300)"
like "$(cat err)" "*: no more is read, and what was is asked and written" "and says so"
: >log
ask -j 16 --cache c thirty >/dev/full 2>err
like "$?: $(cat err)" "1: *standard output: No space left*" \
	"an output that is full ends a run"
is "$(rl-ask --cache c --cache-stats | jq .answers)" "$(asked log)" \
	"and what was in flight is in the cache"
: >log
head -n 5 thirty >five
ask --cache d five /proc/self/mem >out 2>err
is "$? $(grep -c . out) $(asked log)" "1 5 5" \
	"where an input cannot be read, what was before it is answered"
like "$(cat err)" "*rl-ask: /proc/self/mem: Input/output error" "and the input is named"
: >log
printf '%s\n' '{"prompt":"x fault=400:0"}' '{"prompt":"2"}' '{"prompt":"3"}' |
	timeout 60 rl-ask -q -m call --models models --url "$url" -j 8 \
		--max-cost 0.1 --cache e >out 2>err
is "$? $(asked log)" "1 1" "after a bad line no more is asked for its money"
timeout 60 rl-ask -m call --models models --url "$url" --max-cost 0.3 \
	--cache f five >out 2>err
is "$? $(grep -c . out)" "1 3" "three tenths are 0.3"
head -n 3 five | timeout 60 rl-ask -m call --models models --url "$url" \
	--max-cost 0 --cache f >out 2>err
is "$? $(grep -c . out)" "0 3" "what is in the cache needs no money"
jq -nc 'range(8) | {prompt: "equal"}' >equal
timeout 60 rl-ask -m call --models models --url "$url" --max-cost 0.1 \
	--cache g equal >out 2>err
is "$? $(grep -c . out)" "0 8" "nor what an equal request brings meanwhile"

# --- what it costs -----------------------------------------------------------------

echo '{"messages":[{"role":"user","content":[{"type":"image_url",'\
'"image_url":{"url":"http://localhost/x.png"}}]}]}' >image
cost() {
	timeout 60 rl-ask -q -m "$@" --models models --url "$url" \
		--param max_tokens=5 image >out 2>err
}
: >log
cost big --max-cost 1
like "$?: $(cat err)" "1: *image:1: --max-cost: what images and files cost*" \
	"what an image costs at worst is not known"
is "$(asked log)" 0 "and is not asked"
cost call --max-cost 1
is "$?" 0 "unless the price is for each call"
cost big --dry-run
is "$(jq -c '[.calls,.input_tokens,.dollars]' out)" "[1,null,null]" \
	"nor does --dry-run know it"

# --- names, and what goes where ----------------------------------------------------

echo '{"a":{"input":1,"output":1,"model":"vendor/x","url":"'"$url"'"}}' >alias
timeout 60 rl-ask -m a --models alias --url http://127.0.0.1:9/v1 five >out 2>err
is "$? $(jq -c '[.responses,.cost]|map(keys)' out | uniq)" '0 [["a"],["a"]]' \
	"a model has the name of the file here"
like "$(cat err)" "*--url is not used: alias has the URL of a*" \
	"and its URL, and says so"
is "$(timeout 60 rl-ask -q -m a --models alias --batch five | jq -r .body.model |
	uniq)" vendor/x "and on the server that of model"
exits 1 "a model's name that is no text" sh -c \
	'echo "{\"a\":{\"call\":1,\"model\":\"\"}}" >m; rl-ask -m a --models m five'
echo '{"prompt":"x","system":"be brief","tools":[1.50]}' >system
is "$(ask --batch system | sed 's/.*"messages"/"messages"/')" \
	'"messages":[{"role":"system","content":"be brief"},{"role":"user",'\
'"content":"x"}],"tools":[1.50]}}' "a system's text goes before the prompt"
is "$(ask --batch --param 'stop=[
"a"]' system | wc -l | tr -d ' ')" 1 "a parameter's line breaks are not the batch's"
exits 1 "a route with a NUL in it" sh -c \
	"echo '{\"prompt\":\"x\",\"route\":\"call\\u0000\"}' |
	rl-ask -q --route --models models --url $url"
ask --cache :memory: five >/dev/null
: >log
ask --cache :memory: five >/dev/null
is "$(asked log)" 0 "no name of a cache is special"

# --- files that are one ---------------------------------------------------------------

cp thirty bad
echo '{"no":1}' >>bad
exits 2 "--rejects is none of the inputs" ask -k --rejects bad bad
exits 2 "nor standard input" sh -c "rl-ask -q -m M --url $url --rejects bad <bad"
exits 2 "nor the output" ask --rejects same -o same five
exits 2 "nor is the cache" ask --cache c -o c five
exits 2 "--cache-stats stands alone" rl-ask --cache c --cache-stats five
exits 2 "-o is none of the files that are read" ask --models models -o ./models five
exits 2 "nor of those that are not there yet" ask --cache ./new -o new five
exits 2 "nor --rejects" ask --cache c --rejects ./c five
ln -s c link
exits 2 "nor may they be where a failed run's output is kept" \
	ask --cache out.part -o out five
exits 2 "which is known before anything is made" ask --cache nn -o nn five
is "$(ls nn* 2>/dev/null)" "" "(and is not)"
exits 2 "by another name either" ask --cache c -o link five
exits 0 "but both may be no file" ask --rejects /dev/null -o /dev/null five
: >log
ask -j 8 --cache pipe thirty | head -n 1 >out
is "$(rl-ask --cache pipe --cache-stats | jq .answers)" "$(asked log)" \
	"where nobody reads any more, what was in flight is in the cache"
mkfifo to
rl-ask -q -u -m M --url "$url" -o kept <to 2>err &
pid=$!
exec 3>to
head -n 2 thirty >&3
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ "$(grep -c question log)" -ge 2 ] && break
	sleep 0.1
done
sleep 0.2
kill $pid
wait $pid 2>/dev/null
exec 3>&-
like "$(cat err)" "rl-ask: what was written is in kept.part" \
	"a run that is stopped says where its output is"

finish
