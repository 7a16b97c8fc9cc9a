# paper-adds.awk - what labels add to the battles of other pairs: a router's APGR
# on the mix arena, on arena with more labels, and by how much that is more. Read
# after paper-means.awk, with the same files.

# The mean of an increment over draws and its standard deviation, into plus and
# spread, and what is reached, into level: over the draws that both have where
# these were trained by the same seeds; draws of labels have nothing to do with
# those, and each mean is over all of its own.
function compare(base, k, mix,	i, n, d, total, sum2, reached) {
	level = mean(k, 8)
	plus = level - mean(base, 8)
	spread = sqrt(sd(k, 8) ^ 2 + sd(base, 8) ^ 2)
	if (mix != "battles")
		return
	for (i = 1; (base, i) in apgr && (k, i) in apgr; i++) {
		d = apgr[k, i] - apgr[base, i]
		total += d
		sum2 += d * d
		reached += apgr[k, i]
	}
	n = i - 1
	level = reached / n
	plus = total / n
	d = n > 1 ? (sum2 - total * total / n) / (n - 1) : 0
	spread = d > 0 ? sqrt(d) : 0
}

function added(set, mix, router,	k, base) {
	base = set "/arena/" router
	k = set "/" mix "/" router
	if (mean(k, 8) == "-" || mean(base, 8) == "-")
		return sprintf("  %5s %6s        ", "-", "-")
	compare(base, k, mix)
	return sprintf("  %.3f %+.3f ", level, plus) \
		(spread > 0 ? sprintf("(%.3f)", spread) : "       ")
}

function paper(set, router,	alone, more) {
	alone = told_apgr[set "/battles/" router]
	more = told_apgr[set "/both/" router]
	if (alone == "" || more == "")
		return ""
	return sprintf("  %.3f  %.3f %+.3f", alone, more, more - alone)
}

function row(set, router, embedder,	key) {
	key = router "/" embedder
	printf "%-8s %-7s %s%s%s%s%s\n", router, embedder,
		num("%.3f", mean(set "/arena/" key, 8), 5),
		added(set, "battles", key), added(set, "arena+gold", key),
		added(set, "both", key), paper(set, router)
	shown[set, router] = 1
}

function head(set) {
	printf "\n%s: what labels add to APGR%58s  the paper\n", toupper(set), ""
	printf "%-8s %-7s %-5s  %-20s  %-20s  %-20s  arena  + %s\n", "router",
		"inputs", "alone", "+ judge (sd)", "+ golden (sd)", "+ both (sd)",
		set == "mmlu" ? "golden" : "judge"
}

END {
	for (s = 1; s <= nsets; s++) {
		head(sets[s])
		for (i = 1; i <= cells; i++) {
			split(order[i], f, "/")
			if (f[1] == sets[s] && f[2] == "arena")
				row(f[1], f[3], f[4])
		}
		# what the paper has and no cell stands beside
		for (i = 1; i <= tells; i++) {
			split(said[i], f, "/")
			if (f[1] == sets[s] && f[2] == "battles" &&
			    !((f[1], f[3]) in shown))
				row(f[1], f[3], "-")
		}
	}
}
