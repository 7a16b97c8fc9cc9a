# alike.awk - are two texts alike? FNR == NR: what is expected. Words must be
# equal, numbers within 0.02 of each other or 2 %: another processor's matrix
# kernels round otherwise, and that can move a query across a threshold. A line
# "..." stands for any lines. Exits 1 with the first line that differs.

function number(s) { return s ~ /^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?$/ }
function abs(x) { return x < 0 ? -x : x }

# Splits a line into runs of number characters and the rest.
function cut(line, parts,    n) {
	n = 0
	while (match(line, /[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/)) {
		parts[++n] = substr(line, 1, RSTART - 1)
		parts[++n] = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
	}
	parts[++n] = line
	return n
}

function alike(a, b,    x, y, n, m, i, d) {
	gsub(/[ \t]+/, " ", a)
	gsub(/[ \t]+/, " ", b)
	n = cut(a, x)
	m = cut(b, y)
	if (n != m)
		return 0
	for (i = 1; i <= n; i++) {
		if (x[i] == y[i])
			continue
		if (!number(x[i]) || !number(y[i]))
			return 0
		d = abs(x[i] - y[i])
		if (d > 0.02 && d > 0.02 * abs(x[i]))
			return 0
	}
	return 1
}

FNR == NR { want[++wants] = $0; next }
{ got[++gots] = $0 }
END {
	j = 1
	for (i = 1; i <= wants; i++) {
		if (want[i] == "...") {
			if (i == wants)
				exit 0
			while (j <= gots && !alike(want[i + 1], got[j]))
				j++
			continue
		}
		if (j > gots || !alike(want[i], got[j])) {
			print "# want: " want[i]
			print "# got:  " (j > gots ? "(the end)" : got[j])
			exit 1
		}
		j++
	}
	if (j <= gots) {
		print "# more than expected: " got[j]
		exit 1
	}
}
