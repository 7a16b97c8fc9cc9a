#!/bin/sh
# The benches named, or all of them: each is tests/bench/NAME.sh and prints its
# figures beside a baseline that it measures in the same run.
cd "$(dirname "$0")/../.." || exit 1
RK_BUILD=${RK_BUILD:-$PWD/build}
export RK_BUILD
bad=0

# OpenBLAS chooses its code by the type of processor, and may not know a new one
# (routekit(7), Speed): figures against sgemm mean little without it.
echo "== OpenBLAS: $(OPENBLAS_VERBOSE=2 "$RK_BUILD/rl-train" -V 2>&1 |
	sed -n 's/^Core: //p') code, $(nproc) processors"

if [ $# = 0 ]; then
	for f in tests/bench/*.sh; do
		name=${f##*/}
		[ "$name" = run.sh ] || set -- "$@" "${name%.sh}"
	done
fi
for name; do
	echo "== $name"
	sh "tests/bench/$name.sh" || {
		echo "bench: $name failed" >&2
		bad=1
	}
done
exit $bad
