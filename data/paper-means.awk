# paper-means.awk - what the tables of make paper share: reads data/paper.told,
# the sets and the figures (see paper.sh), and sums these over draws, by cell:
# set/mix/router/embedder.

function mean(k, column) {
	return missing[k, column] || !count[k] ? "-" : sum[k, column] / count[k]
}

function sd(k, column,	n, v) {
	n = count[k]
	v = n > 1 ? (squares[k, column] - sum[k, column] ^ 2 / n) / (n - 1) : 0
	return v > 0 ? sqrt(v) : 0
}

# A number, or a dash of the same width.
function num(format, x, width) {
	return x == "-" ? sprintf("%" width "s", "-") : sprintf(format, x)
}

/^#/ { next }
FILENAME ~ /told$/ {
	said[++tells] = $1 "/" $2 "/" $3
	told[said[tells]] = sprintf("%5.1f %5.1f  %.3f", $4, $5, $6)
	told_apgr[said[tells]] = $6
	next
}
FILENAME ~ /sets$/ {
	sets[++nsets] = $1
	about[$1] = sprintf("%d questions, strong %.4f, weak %.4f", $2, $3, $4)
	next
}
{
	k = $1 "/" $2 "/" $3 "/" $4
	if (!count[k]++)
		order[++cells] = k
	apgr[k, count[k]] = $8
	for (i = 5; i <= 12; i++) {
		sum[k, i] += $i
		squares[k, i] += $i * $i
		missing[k, i] += $i == "-"
	}
}
