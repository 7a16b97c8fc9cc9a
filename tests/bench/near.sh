#!/bin/sh
# rl-near, 14,000 queries against a reference of 55,000, vectors of 1,024: the
# whole program, reading and writing included, beside the matrix products alone;
# then with the reference in a file. The best of three runs each.
RK_BUILD=${RK_BUILD:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

gemm=$("$RK_BUILD/bench/near" "$tmp/ref" "$tmp/in") || exit 1
echo "sgemm of the same shape, 2 threads: $gemm s"
near() { # what option...
	what=$1
	shift
	for i in 1 2 3; do
		/usr/bin/time -f '%e %M' -o "$tmp/time" "$RK_BUILD/rl-near" \
			-q -j2 "$@" "$tmp/ref" "$tmp/in" >/dev/null || exit 1
		cat "$tmp/time"
	done | sort -n | awk -v g="$gemm" -v what="$what" 'NR == 1 {
		printf "rl-near%s, -j2: %.2f s, %.2f times the sgemm, %d MiB\n",
			what, $1, $1 / g, $2 / 1024 }'
}
near ''
near ' --memory 0' --memory 0
