# server.sh - for tests of the network, where $tmp is theirs: servers of chats and
# vectors (fault-server.c) that misbehave as they are told, and that end with
# the test.
unset http_proxy https_proxy all_proxy no_proxy HTTPS_PROXY ALL_PROXY NO_PROXY
unset OPENAI_API_KEY OPENAI_BASE_URL

servers=
trap 'kill $servers 2>/dev/null; rm -rf "$tmp"' EXIT

# serve LOG [MS]: starts a server and sets url
serve() {
	rm -f port
	"$RK_BUILD/tests/fault-server" "$@" >port &
	servers="$servers $!"
	while [ ! -s port ]; do sleep 0.02; done
	url=http://127.0.0.1:$(cat port)/v1
}

# asked LOG: how many requests the server has read
asked() {
	wc -l <"$1" | tr -d ' '
}
