# llama.sh - for the tests that need a real model: tap.sh, and llama.cpp's
# server. Skips them all where the programs (LLAMA) or the weights (TINYLLAMA)
# are not there.
RK_ROOT=$(cd "$(dirname "$0")/../.." && pwd)
. "$RK_ROOT/tests/tap.sh"
unset http_proxy all_proxy no_proxy ALL_PROXY NO_PROXY
unset OPENAI_API_KEY OPENAI_BASE_URL
if [ ! -x "${LLAMA-}/llama-server" ] || [ ! -f "${TINYLLAMA-}" ]; then
	echo "1..0 # SKIP no llama-server or no weights: make llama gets them"
	exit 0
fi
servers=
trap 'kill $servers 2>/dev/null; rm -rf "$tmp"' EXIT

# serve NAME [OPTION ...]: starts a server of TinyLlama, whose log is NAME.log,
# and sets url. Weights as they are in the file, which runs on every processor.
serve() {
	name=$1
	shift
	"$LLAMA/llama-server" -m "$TINYLLAMA" --no-repack --no-warmup \
		--host 127.0.0.1 --port 0 -t "${LLAMA_THREADS:-2}" "$@" \
		>"$name.log" 2>&1 &
	servers="$servers $!"
	for i in $(seq 600); do
		url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1\/v1/p' \
			"$name.log")
		[ -z "$url" ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	tail -5 "$name.log" | sed 's/^/# /'
	echo "Bail out! llama-server does not run"
	exit 1
}
