#!/bin/sh
# An epoch of mf's training beside PyTorch: RouteLLM's own loop, and the same
# model without its loader, at our batch and step size, with noise, without
# noise, and folded as ours is. All report the best validation loss.
RK_BUILD=${RK_BUILD:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

"$RK_BUILD/bench/mf" "$tmp/data" || exit 1
torch() {
	what=$1
	shift
	echo "PyTorch, $what: $(/usr/bin/python3 tests/bench/mf.py "$@")"
}
torch "RouteLLM's loop" loop "$tmp/data"
torch "vectorised" fast "$tmp/data" 1024 4e-3 0.05 11
torch "vectorised, no noise" fast "$tmp/data" 1024 4e-3 0 11
torch "folded" folded "$tmp/data" 1024 4e-3 0.05 11
