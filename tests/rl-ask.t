#!/bin/sh
# rl-ask against a server of the tests' own that misbehaves as it is told:
# nothing lost, nothing paid for twice, the order kept, and the key kept secret.
. "$(dirname "$0")/tap.sh"
. "$root/tests/server.sh"

serve log
good=$url
ask() {
	timeout 60 rl-ask -q -m M --url "$url" "$@"
}

# --- what it adds ------------------------------------------------------------

echo '{"prompt":"Hi", "x":1e2}' >one
ask one >out 2>err
is "$(sed 's/"latency":{"M":[0-9.e-]*}/L/' out)" '{"prompt":"Hi", "x":1e2,'\
'"responses":{"M":"you said Hi"},"usage":{"M":{"input":100,"output":20}},L}' \
	"the answer, its tokens and its latency are added, the rest is as it was"
is "$(cat err)" "" "and nothing is said"
echo '{"responses":{"a":"b"},"prompt":"Hi","usage":{},"latency":{"M":9}}' |
	ask >out
like "$(cat out)" '{"responses":{"a":"b","M":"you said Hi"},"prompt":"Hi",'\
'"usage":{"M":{"input":100,"output":20}},"latency":{"M":0.0*}}' \
	"members that others put there stay"
n=$(asked log)
echo '{"prompt":"Hi","responses":7}' | ask >out 2>err
is "$?: $(cat err)" \
	"1: rl-ask: stdin:1: responses: expected an object, found a number" \
	"a field of another type is an error"
is "$(asked log)" "$n" "before anything is asked"
echo '{"messages":[{"role":"system","content":"Be brief."},{"role":"user",'\
'"content":"Hi"}],"tools":[{"type":"function"}]}' | ask >out
is "$(jq -r .responses.M out)" "you said Be brief." \
	"messages go as they are, the system's with them"
echo '{"body":{"messages":[{"role":"user","content":"deep"}],"tools":[]}}' |
	ask --prompt /body/messages >out
is "$(jq -r .responses.M out)" "you said deep" "a JSON pointer finds messages"
echo '{"q":"field"}' | ask --prompt q >out
is "$(jq -r .responses.M out)" "you said field" "a field finds the query"
echo '{"q":"field"}' | ask >out 2>err
is "$?: $(cat err)" \
	"1: rl-ask: stdin:1: no query: expected prompt or messages" \
	"a record without a query is an error of its line"
echo '{"prompt":"x fault=shuffle"}' | ask >out
is "$(jq -r .responses.M out)" "first" "the choice of index 0 is the answer"
echo '{"prompt":"x fault=parts"}' | ask >out
is "$(jq -r .responses.M out)" "ab" "parts of a text are joined"
echo '{"prompt":"x fault=tools"}' | ask >out
is "$(jq -r '.responses.M|fromjson|.[0].id' out)" "c" \
	"a call of tools is the answer where there is no text"
echo '{"prompt":"x fault=cut"}' | ask >out 2>err
like "$(cat err)" "*1 of 1 answers were cut off*" "a cut answer is told"
echo '{"prompt":"x fault=thought:0"}' | ask >out 2>err
is "$?: $(jq -c .responses out)" '0: {"M":""}' \
	"one that was cut off before its text is empty, and not asked for again"

# --- faults ------------------------------------------------------------------

# 200 lines through those that pass
awk 'BEGIN {
	n = split("429 500:2 503 408 409 reset truncated nan minus close " \
	    "garbage array empty null nochoice twice utf8 none none none", f, " ")
	for (i = 0; i < 200; i++)
		printf "{\"prompt\":\"q%d fault=%s\"}\n", i, f[i % n + 1]
}' >faults
: >log
ask -j 64 faults >out 2>err
is "$?: $(cat err)" "0: " "200 lines pass through the cheap faults"
is "$(jq -r '.responses.M' out)" "$(jq -r '"you said " + .prompt' faults)" \
	"nothing is lost and the order is kept"
# 16 faults of 20, one of them twice, ten of each; "minus" is an answer
is "$(asked log)" 370 "nothing is asked beyond the retries"
is "$(grep -cE '^(good|none|minus)' log)" 200 \
	"an answer that came is not asked for again"
[ "$(cut -f 4 log | sort -u | wc -l)" -lt 180 ]
ok $? "connections are kept"

awk 'BEGIN {
	n = split("stall halt later big stall", f, " ")
	for (i = 0; i < 10; i++)
		printf "{\"prompt\":\"s%d fault=%s\"}\n", i, f[i % n + 1]
}' >slow
: >log
timeout 60 /usr/bin/time -f %M -o took rl-ask -q -m M --url "$url" -k -j 10 \
	--silence 0.3 slow >out 2>err
is "$(jq -r '.prompt' out)" "$(grep -v big slow | jq -r .prompt)" \
	"slow servers are asked again"
is "$(grep -c 'the reply is longer than 16777216 bytes' err)" 2 \
	"a reply of 100 MB is refused, and not asked for again"
is "$(grep -c '^big' log)" 2 "it was asked for once"
# (with room for the sanitizers; without them it takes 30 MiB)
[ "$(tail -n 1 took)" -lt 400000 ]
ok $? "and what is held is bounded ($(tail -n 1 took) KiB)"
is "$(asked log)" 18 "each of the others was asked for twice"

# fails LINE MESSAGE: what does not pass, asked for once
fails() {
	: >log
	echo "{\"prompt\":\"f fault=$1:0\"}" | ask --retries "${3:-6}" \
		>out 2>err
	is "$?: $(cat err)" "1: rl-ask: stdin:1: M: $2" "fault $1 is an error"
	is "$(asked log)" "$((1 + ${3:-0}))" "asked ${3:-0} times more"
}
fails 400 'HTTP 400: no such?[31m model'
fails never 'the server asks for a pause of 86400 s: HTTP 429'
fails 503 'after 3 tries: HTTP 503: loading' 2
fails truncated "after 2 tries: reply: no JSON: premature end of input near \
'\"you said f fault=t'" 1
fails redirect "HTTP 307: redirects are not followed: \
http://127.0.0.2:$(cat port)/x"

echo '{"prompt":"x fault=date"}' | /usr/bin/time -f %e -o took rl-ask -q -m M \
	--url "$url" >out
is "$(awk '{ print ($1 >= 1.8 && $1 < 10) }' took) $(wc -l <out)" "1 1" \
	"a Retry-After that is a date is waited for ($(cat took) s)"

echo '{"prompt":"x"}' | timeout 20 rl-ask -m M --url http://127.0.0.1:9/v1 \
	>out 2>err
like "$?: $(cat err)" "1: *onnect*" "a server that is not there is an error"
for u in "$url/chat/completions/" "$url?key=secret"; do
	rl-ask -m M --url "$u" one >out 2>err
	like "$?: $(cat err)" "2: *expected what comes before /chat/com*" \
		"a URL which is not the server's is wrong usage"
	! grep -q secret err
	ok $? "and is not repeated"
done

: >log
jq -nc 'range(40) | {prompt: "same"}' | ask -j 8 >out
is "$(jq -r .responses.M out | sort | uniq -c | awk '{ print $1 }')" 40 \
	"equal requests all get the answer"
[ "$(asked log)" -lt 20 ]
ok $? "and those in flight together are sent once ($(asked log) of 40)"

# --- keys -----------------------------------------------------------------------

key=sk-very-secret-8841
: >log
echo '{"prompt":"k"}' | OPENAI_API_KEY=$key ask >out
is "$(cut -f 2 log)" "Bearer $key" "the key of OPENAI_API_KEY is sent"
: >log
echo '{"prompt":"k"}' | MY_KEY=$key ask --key-env MY_KEY >out
is "$(cut -f 2 log)" "Bearer $key" "and that of the variable that is named"
echo '{"prompt":"k"}' | ask --key-env MY_KEY >out 2>err
is "$?: $(head -n 1 err)" "2: rl-ask: M: the variable MY_KEY holds no key" \
	"a key that is asked for and not there is wrong usage"
for f in echo:0 tell:0 400:0 redirect:0; do
	echo "{\"prompt\":\"k fault=$f\"}" |
		OPENAI_API_KEY=$key ask --cache kc >>kout 2>>kerr
done
OPENAI_API_KEY=$key ask --cache kc one >>kout 2>>kerr
[ -s kerr ] && [ -s kout ] && [ -s kc ]
ok $? "a server that tells the key is refused"
is "$(cat kc* kout kerr | grep -c "$key")" 0 \
	"the key is in no message, no output and no cache"
echo '{"prompt":"k"}' | OPENAI_API_KEY=$key timeout 20 rl-ask -m M \
	--url http://example.invalid/v1 >out 2>err
like "$?: $(cat err)" "2: *a key is sent over https, or to this machine*" \
	"a key goes over plain http to this machine alone"
echo '{"prompt":"k"}' | OPENAI_API_KEY="a
b" ask >out 2>err
like "$?: $(cat err)" "2: *expected visible ASCII*" \
	"a key that would end the header is refused"
for u in ftp://127.0.0.1/ file:///etc/passwd nothing http:// \
	http://u:$key@127.0.0.1/v1; do
	echo '{"prompt":"k"}' | timeout 20 rl-ask -m M --url "$u" >out 2>err
	[ $? -eq 2 ] && ! grep -q "$key" err
	ok $? "${u%%:*}: another kind of URL is wrong usage"
done
: >log
echo '{"prompt":"p"}' | http_proxy=http://127.0.0.1:9 OPENAI_API_KEY=$key \
	ask >out
is "$(asked log)" 1 "what goes to this machine goes past a proxy"
: >log
echo '{"prompt":"p"}' | http_proxy=${url%/v1} timeout 20 rl-ask -q -m M \
	--url http://example.invalid/v1 >out
is "$(jq -r .responses.M out) $(asked log)" "you said p 1" \
	"what goes elsewhere goes by the proxy that is named"
: >log
echo '{"prompt":"p"}' | http_proxy=${url%/v1} no_proxy=example.invalid \
	timeout 20 rl-ask -q -m M --url http://example.invalid/v1 >out 2>err
is "$? $(asked log)" "1 0" "unless no_proxy names its host"

# --- models, costs -----------------------------------------------------------------

cat >models <<E
{"big":{"input":10,"output":30,"url":"$good/","key_env":"BIG_KEY"},
 "small":{"call":0.001}}
E
cat >routed <<'E'
{"prompt":"a","route":"small"}
{"prompt":"b","route":"big","cost":{"small":0.5}}
E
: >log
BIG_KEY=$key OPENAI_API_KEY=other timeout 20 rl-ask --route --url "$good" \
	--models models -j 1 routed >out 2>err
is "$(jq -c '[.responses,.cost]' out)" '[{"small":"you said a"},{"small":0.001}]
[{"big":"you said b"},{"small":0.5,"big":0.0016}]' \
	"the model in route is asked, and what it costs is added"
is "$(cut -f 2 log)" "Bearer other
Bearer $key" "each server gets its own key"
is "$(cat err)" "rl-ask: 2 answers, 0 of them from the cache; 0.0026 dollars \
spent" "and what was spent is said"
echo '{"prompt":"a","route":"medium"}' | timeout 20 rl-ask -q --route \
	--url "$good" --models models >out 2>err
is "$?: $(cat err)" "1: rl-ask: stdin:1: models: no model 'medium'; it has: \
big, small" \
	"a price that is missing is an error and never zero"
sed 's/"key_env":"[A-Z_]*"/"key_env":"sk-very-secret-8841"/' models >wrong
rl-ask -m big --models wrong one >out 2>err
[ $? -eq 1 ] && grep -q key_env err && ! grep -q "$key" err
ok $? "a key in the file of models is refused, and not repeated"
echo '{"prompt":"x fault=nousage:0"}' | BIG_KEY=$key timeout 20 rl-ask -q \
	-m big --models models >out 2>err
like "$?: $(cat err)" "1: rl-ask: stdin:1: the reply has no usage, *: see call in \
the file of models" "an answer whose cost is not known is an error"

printf '{"big":{"input":100,"output":100}}' >models
jq -nc 'range(20) | {prompt: "a rather long prompt, as prompts go, \(.)"}' \
	>many
: >log
# an answer takes 120 tokens, which are 0.012 dollars; at worst 20 and as many
# as the body has bytes
timeout 20 rl-ask -m big --models models --url "$good" --max-cost 0.1 \
	--param max_tokens=20 many >out 2>err
is "$?" 1 "--max-cost stops a run"
like "$(cat err)" "*--max-cost: stopped before many:*" "and says where"
spent=$(jq -s 'map(.cost.big) | add' out)
is "$(jq -n "$spent <= 0.1 and $spent > 0.07")" true "at its limit ($spent)"
is "$(wc -l <out)" "$(asked log)" "all that was asked is written"
: >log
# 116 bytes and 20 tokens are 0.0136 dollars, of a try that brought nothing too
echo '{"prompt":"x fault=truncated:0"}' | timeout 20 rl-ask -m big \
	--models models --url "$good" --max-cost 0.03 --param max_tokens=20 \
	>out 2>err
is "$? $(asked log)" "1 2" "no try is made that could exceed it"
like "$(cat err)" "*stdin:1: big: no money to try again: reply: *" \
	"which is told"
echo '{"prompt":"x fault=truncated:1"}' | timeout 20 rl-ask -m big \
	--models models --url "$good" --param max_tokens=20 >out 2>err
is "$(jq .cost.big out) $(cat err)" "0.012 rl-ask: 1 answer, 0 of them from \
the cache; 0.0232 dollars spent" \
	"without a limit a try that failed counts at its worst too"
rl-ask -m big --models models --url "$good" --max-cost 1 many >out 2>err
like "$?: $(cat err)" "2: *--param max_tokens=N*" \
	"it needs to know how long an answer can be"
: >log
cat many many >twice
rl-ask -q -m big --models models --url "$good" --dry-run \
	--param max_tokens=20 twice >out
is "$(jq -c '[.records,.calls,.cached,.output_tokens,.dollars > 0.04]' out)" \
	'[40,20,0,400,true]' "--dry-run counts calls, tokens and dollars"
is "$(asked log)" 0 "and asks nothing"

# --- the cache -------------------------------------------------------------------

: >log
ask --cache c --param temperature=0.5 many >first
is "$(asked log)" 20 "with a new cache all is asked"
is "$(ls -l c | cut -c 1-10)" "-rw-------" "the cache is its owner's alone"
ask --cache c --param temperature=0.5 twice >out
head -n 20 out | cmp -s - first && tail -n 20 out | cmp -s - first
ok $? "with the cache the bytes are the same"
is "$(asked log)" 20 "and nothing is asked"
ask --cache c --cache-only --param temperature=0.5 many >out
same out first "--cache-only answers from there"
ask --cache c --cache-only --param temperature=1 many >out 2>err
is "$?: $(cat err)" "1: rl-ask: many:1: M: not in the cache c" \
	"other parameters are another answer"
is "$(rl-ask --cache c --cache-stats | jq -c '[.answers,.models.M.answers]')" \
	"[20,20]" "--cache-stats counts them"
ask --cache c --dry-run --param temperature=0.5 many >out
is "$(jq -c '[.calls,.cached]' out)" "[0,20]" "--dry-run knows of them"
ask --cache absent --cache-only many >out 2>err
is "$?: $(cat err)" "1: rl-ask: absent: No such file or directory" \
	"a cache that is not there is an error"
[ ! -e absent ]
ok $? "and is not made"

# --- a batch queue -------------------------------------------------------------

# queue: what the Batch API makes of its input
queue() {
	jq -c '{id: "q", custom_id, response: {status_code: 200, request_id: "r",
		body: {choices: [{index: 0, message: {role: "assistant",
		content: "batch: \(.body.messages[0].content)"}}],
		usage: {prompt_tokens: 100, completion_tokens: 20}}},
		error: null}'
}
printf '%s\n' '{"prompt":"one","route":"big", "x":1e2}' \
	'{"messages":[{"role":"user","content":"two"}],"route":"small"}' \
	'{"prompt":"one","route":"big"}' '{"prompt":"three","route":"big"}' \
	>logged
printf '{"big":{"input":5,"output":15},"small":{"call":0.0005}}' >half
by_queue() {
	ask_route --models half --cache bc --param max_tokens=9 "$@" logged
}
ask_route() {
	timeout 60 rl-ask -q --route --url "$good" "$@"
}
: >log
by_queue --batch >requests
is "$(jq -c '[.method,.url,.body]' requests)" \
	'["POST","/v1/chat/completions",{"model":"big","messages":[{"role":"user",'\
'"content":"one"}],"max_tokens":9}]
["POST","/v1/chat/completions",{"model":"small","messages":[{"role":"user",'\
'"content":"two"}],"max_tokens":9}]
["POST","/v1/chat/completions",{"model":"big","messages":[{"role":"user",'\
'"content":"three"}],"max_tokens":9}]' \
	"--batch writes each different request for a batch queue"
is "$(jq -r .custom_id requests | grep -cx '[0-9a-f]\{64\}')" 3 \
	"under what it will be known by"
[ ! -e bc ]
ok $? "and makes no cache"
# another order, a line that failed, one of another's
(echo '{"custom_id":"mine","response":{"status_code":200,"body":{}},"error":null}'
sed -n 2p requests | jq -c '{id:"q",custom_id,response:{status_code:400,
	body:{error:{message:"too\u001blong"}}},error:null}'
sed 1q requests | queue) >answers
by_queue --batch-answers answers -k >out 2>err
is "$(cat out)" '{"prompt":"one","route":"big", "x":1e2,"responses":{"big":'\
'"batch: one"},"usage":{"big":{"input":100,"output":20}},"cost":{"big":0.0008}}
{"prompt":"one","route":"big","responses":{"big":"batch: one"},"usage":{"big":'\
'{"input":100,"output":20}},"cost":{"big":0.0008}}' \
	"--batch-answers adds the answers, their tokens and cost, in order"
is "$(cat err)" "rl-ask: logged:2: small: batch: HTTP 400: too?long
rl-ask: logged:4: big: not among the batch's answers, as its URL and parameters are now
rl-ask: 2 of 4 lines were bad" "what failed is an error of its line"
by_queue --batch >again
is "$(jq -r '.body.messages[0].content' again)" "two
three" "--batch with the cache writes what has no answer yet"
jq -c '{custom_id,response:null,error:{code:"batch_expired",message:"late"}}' \
	again >expired
queue <again >answers2
by_queue --batch-answers expired -k >out 2>err
is "$(head -n 1 err)" "rl-ask: logged:2: small: batch: late" \
	"a request that expired is one that failed"
by_queue --batch-answers answers2 --batch-answers expired >out 2>err
is "$?: $(jq -c .responses out)" '0: {"big":"batch: one"}
{"small":"batch: two"}
{"big":"batch: one"}
{"big":"batch: three"}' "answers of many files are merged: the good one holds"
by_queue --cache-only | jq -c .responses >from
is "$(cat from)" "$(jq -c .responses out)" "and are in the cache"
is "$(asked log)" 0 "all of it without a network"
sed '1s/"index":0/"index":7/' answers2 >odd
timeout 60 rl-ask -q --route --url "$good" --param max_tokens=9 \
	--batch-answers answers --batch-answers odd -k logged >out 2>err
like "$(cat err)" "*logged:2: small: batch: expected choices,*" \
	"an answer is looked at like that of a server"
echo '{"custom_id":"x","response":' >cut
exits 1 "a file that is none of a batch queue is refused" by_queue \
	--batch-answers answers --batch-answers cut
is "$(cat err)" "rl-ask: cut:1: unexpected token near end of file" \
	"by its line"
exits 1 "so is one that is not there" by_queue --batch-answers nowhere
exits 2 "--batch and --dry-run are two things" by_queue --batch --dry-run
exits 2 "--batch and --max-cost too" by_queue --batch --max-cost 1

# Killed anywhere, and run again, until it comes to its end.
serve klog 5
jq -nc 'range(300) | {prompt: "kill \(.)"}' >kmany
for wait in 0.1 0.15 0.2; do
	rl-ask -q -m M --url "$url" -j 8 --cache killed kmany >out &
	pid=$!
	sleep $wait
	kill -9 $pid
	wait $pid 2>/dev/null
done 2>/dev/null
ask -j 8 --cache killed kmany >out
is "$(jq -r .responses.M out)" "$(jq -r '"you said " + .prompt' kmany)" \
	"after kill -9 the same command comes to its end"
n=$(asked klog)
[ "$n" -ge 300 ] && [ "$n" -le $((300 + 3 * 8)) ]
ok $? "what was paid for is not paid for again ($n calls for 300 lines)"
jq -nc 'range(60) | {prompt: "shared \(.)"}' >shared
ask -j 4 --cache killed shared >out1 &
pid=$!
ask -j 4 --cache killed shared >out2
wait $pid
is "$(jq -r .responses.M out1)" "$(jq -r .responses.M out2)" \
	"two can share a cache"

# --- speed and limits --------------------------------------------------------------

serve slog 50
jq -nc 'range(1000) | {prompt: "speed \(.)"}' >fast
/usr/bin/time -f '%e' -o took rl-ask -q -m M --url "$url" -j 64 fast >out
# ideal: 1000 / 64 x 50 ms = 0.8 s; bounded loosely, since others run too
is "$(awk '{ print ($1 < 2.4) }' took)" 1 \
	"64 requests in flight ($(cat took) s, 0.8 would be ideal)"
head -n 5 fast >five
/usr/bin/time -f '%e' -o took rl-ask -q -m M --url "$url" --rpm 600 five >out
is "$(awk '{ print ($1 >= 0.4 && $1 < 2) }' took)" 1 "--rpm spreads requests"
/usr/bin/time -f '%e' -o took rl-ask -q -m M --url "$url" --tpm 30000 \
	--param max_tokens=80 five >out
is "$(awk '{ print ($1 >= 0.7 && $1 < 3) }' took)" 1 "--tpm spreads tokens"

mkfifo to
rl-ask -u -q -m M --url "$url" <to >talk &
pid=$!
exec 3>to
echo '{"prompt":"one"}' >&3
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s talk ] && break
	sleep 0.1
done
is "$(jq -r .responses.M talk)" "you said one" \
	"-u answers while the input stays open"
exec 3>&-
wait $pid

# --- usage, TLS -----------------------------------------------------------------

exits 2 "no model is wrong usage" rl-ask --url "$url" one
exits 2 "a model and --route too" rl-ask --url "$url" --route -m M one
exits 2 "no URL too" rl-ask -m M one
exits 2 "no such parameter" ask --param 'temperature=hot' one
exits 2 "a parameter that is not to be set" ask --param 'stream=true' one
exits 2 "a parameter that is given twice" ask --param a=1 --param a=2 one
exits 2 "--cache-only without --cache" ask --cache-only one

if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt \
		-days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost >tls.log 2>&1
	mkfifo says
	exec 4<>says
	openssl s_server -accept 127.0.0.1:0 -key tls.key -cert tls.crt \
		>tls.out 2>&1 <says &
	servers="$servers $!"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		grep -q '^ACCEPT.*:[1-9]' tls.out && break
		sleep 0.1
	done
	tls=https://localhost:$(sed -n 's/^ACCEPT.*://p' tls.out | head -n 1)/v1
	OPENAI_API_KEY=$key timeout 20 rl-ask -m M --url "$tls" one >out 2>err
	like "$?: $(cat err)" "1: *certificate*" \
		"a self-signed certificate is refused"
	is "$(grep -ac "$key" tls.out)" 0 "and is told no key"
	reply='{"choices":[{"message":{"content":"over TLS"}}]}'
	printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' ${#reply} \
		"$reply" >&4
	OPENAI_API_KEY=$key timeout 20 rl-ask --retries 0 -m M --url "$tls" \
		--ca-file tls.crt one >out 2>err
	is "$? $(jq -r .responses.M out)" "0 over TLS" \
		"unless it is one to trust"
	is "$(grep -ac "Bearer $key" tls.out)" 1 "and is told it"
	exec 4<&-
else
	skip "a self-signed certificate is refused" "no openssl here"
fi

finish
