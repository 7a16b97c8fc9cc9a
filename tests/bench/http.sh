#!/bin/sh
# rl-ask and rl-embed against the tests' own server on loopback: throughput
# beside what its latency allows, processor time, and the faults at their full
# number (make check has 200 lines of the cheap ones and 10 of the slow).
RK_BUILD=${RK_BUILD:-build}
PATH=$RK_BUILD:$PATH
tmp=$(mktemp -d) || exit 1
. "$(dirname "$0")/../server.sh"
cd "$tmp" || exit 1
bad=0

# timed COMMAND...: took has seconds, user, system, KiB
timed() {
	/usr/bin/time -f '%e %U %S %M' -o took "$@"
}

# holds GOT WANT WHAT
holds() {
	[ "$1" = "$2" ] && return
	echo "http: $3: $1, expected $2" >&2
	bad=1
}

# --- throughput ---------------------------------------------------------------

serve log 50
jq -nc 'range(10000) | {prompt: "speed \(.)"}' >in
timed rl-ask -q -m M --url "$url" -j 64 in >out || bad=1
awk -v n="$(cut -f 4 log | sort -u | wc -l)" '{
	ideal = 10000 / 64 * .05
	printf "http, 10000 lines at 50 ms, -j 64: %.2f s, %.3f of the ideal " \
	    "-j/latency; %.0f %% of a core, %.0f MiB, %d connections\n",
	    $1, ideal / $1, 100 * ($2 + $3) / $1, $4 / 1024, n
}' took
timed rl-ask -q -m M --url "$url" -j 64 --cache cache in >out || bad=1
awk '{
	printf "  with a cache: %.3f of the ideal, %.0f %% of a core; ",
	    10000 / 64 * .05 / $1, 100 * ($2 + $3) / $1
}' took
timed rl-ask -q -m M --url "$url" --cache cache in >out2 || bad=1
cmp -s out out2 || bad=1
awk '{ printf "from it: %.0f lines/s\n", 10000 / $1 }' took
jq -nc 'range(51200) | {prompt: "speed \(.)"}' >in
timed rl-embed -q --remote-model M --dim 8 --url "$url" -j 8 in >out || bad=1
awk '{
	ideal = 51200 / 32 / 8 * .05
	printf "  rl-embed, 51200 texts, 32 a request, -j 8: %.2f s, %.3f of " \
	    "the ideal, %.0f %% of a core\n", $1, ideal / $1,
	    100 * ($2 + $3) / $1
}' took

# --- faults -------------------------------------------------------------------

serve log2
awk 'BEGIN {
	n = split("429 500:2 503 408 409 reset truncated nan minus close " \
	    "garbage array empty null nochoice twice utf8 none none none", f, " ")
	for (i = 0; i < 10000; i++)
		printf "{\"prompt\":\"q%d fault=%s\"}\n", i, f[i % n + 1]
}' >in
timed rl-ask -q -m M --url "$url" -j 64 in >out || bad=1
holds "$(jq -r .responses.M out | cksum)" \
	"$(jq -r '"you said " + .prompt' in | cksum)" "the lines and their order"
# 16 faults of 20, one of them twice; "minus" is an answer
holds "$(wc -l <log2)" 18500 "requests"
holds "$(grep -cE '^(good|none|minus)' log2)" 10000 "good answers"
awk '{ printf "  10000 lines of cheap faults: %.1f s, %.0f MiB\n",
	$1, $4 / 1024 }' took

: >log2
awk 'BEGIN {
	n = split("stall halt later big stall", f, " ")
	for (i = 0; i < 100; i++)
		printf "{\"prompt\":\"s%d fault=%s\"}\n", i, f[i % n + 1]
}' >in
timed rl-ask -q -m M --url "$url" -k -j 16 --silence 1 in >out 2>err
holds "$(jq -r .prompt out | cksum)" \
	"$(grep -v big in | jq -r .prompt | cksum)" "the slow lines"
holds "$(grep -c 'longer than 16777216' err)" 20 "large replies refused"
holds "$(wc -l <log2)" 180 "requests of the slow lines"
tail -n 1 took | awk '{ printf "  100 lines that stall or are 100 MB: %.1f s, " \
	"%.0f MiB\n", $1, $4 / 1024 }'

# --- kill -9 ------------------------------------------------------------------

serve log3 5
jq -nc 'range(10000) | {prompt: "kill \(.)"}' >in
kills=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	rl-ask -q -m M --url "$url" -j 16 --cache killed in >out &
	pid=$!
	sleep "0.$(od -An -N2 -tu2 /dev/urandom | awk '{ print 10 + $1 % 40 }')"
	kill -9 $pid && kills=$((kills + 1))
	wait $pid 2>/dev/null
done 2>/dev/null
holds "$kills" 10 "runs that were killed"
rl-ask -q -m M --url "$url" -j 16 --cache killed in >out || bad=1
n=$(wc -l <log3)
holds "$(jq -r .responses.M out | cksum)" \
	"$(jq -r '"you said " + .prompt' in | cksum)" "the lines after kill -9"
[ "$n" -ge 10000 ] && [ "$n" -le 10160 ] || bad=1
echo "  kill -9 ten times: $n calls for 10000 lines, at most 160 in flight"
exit $bad
