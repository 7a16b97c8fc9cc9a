#!/bin/sh
# k-means, 25 clusters on 5,000 x 4,096, 10 starts, float32, two threads, beside
# scikit-learn's KMeans (lloyd): the least time of 10 seeds each, and the mean
# inertia over the seeds.
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
seeds=${SEEDS:-10}

/usr/bin/python3 tests/bench/kmeans.py make "$tmp/x" || exit 1
"$RK_BUILD/bench/kmeans" "$tmp/x" "$seeds" 2 >"$tmp/ours" || exit 1
OPENBLAS_NUM_THREADS=2 OMP_NUM_THREADS=2 \
	/usr/bin/python3 tests/bench/kmeans.py run "$tmp/x" "$seeds" \
	>"$tmp/theirs" || exit 1
awk '{
	n[FILENAME]++
	inertia[FILENAME] += $2
	if (n[FILENAME] == 1 || $1 < time[FILENAME])
		time[FILENAME] = $1
}
END {
	o = ARGV[1]
	t = ARGV[2]
	ratio = time[t] / time[o]
	off = (inertia[o] / n[o]) / (inertia[t] / n[t]) - 1
	printf "k-means: %.2f s; scikit-learn: %.2f s, %.1f times as long; " \
		"mean inertia %+.3f %%\n", time[o], time[t], ratio, 100 * off
	exit !(ratio >= 3 && off < .001)
}' "$tmp/ours" "$tmp/theirs"
