# paper-compare.awk - data/paper.expected beside the figures of this run: names
# those that moved beyond their tolerance, and exits 1 if there are any.
# Figures that this run did not work out are passed over, but counted.

/^#/ { next }
FILENAME ~ /expected$/ {
	value[$1] = $2
	tolerance[$1] = $3
	next
}
!($1 in value) {
	if ($2 != "-")
		fresh++
	next
}
{
	seen[$1] = 1
	compared++
	d = $2 == "-" ? "-" : $2 - value[$1]
	if (d == "-" || d > tolerance[$1] || d < -tolerance[$1]) {
		moved++
		printf "moved: %s is %s, expected %s within %s\n", $1, $2,
			value[$1], tolerance[$1]
	}
}
END {
	for (k in value)
		absent += !(k in seen)
	printf "\n%d figures as expected (data/paper.expected), %d moved", \
		compared - moved, moved
	printf "%s%s\n", absent ? sprintf(", %d not worked out here", absent) : "",
		fresh ? sprintf(", %d new", fresh) : ""
	exit moved > 0
}
