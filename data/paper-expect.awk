# paper-expect.awk - figures of make paper as data/paper.expected: how far each
# may move without a word. Another processor's kernels round otherwise, and what
# is fitted to that moves a little; MT-Bench has few questions.

BEGIN {
	print "# What make paper measured, and how far it may move: figure, value,"
	print "# tolerance. UPDATE=1 make paper-full writes this file."
	by["mmlu"] = 1
	by["gsm8k"] = 2
	by["mt-bench"] = 5
}
{
	split($1, f, "/")
	figure = f[split($1, f, "/")]
	scale = f[1] in by ? by[f[1]] : 1
	tolerance = figure ~ /^cpt/ ? 0.01 * scale : 0.004 * scale
	if ($2 != "-")
		printf "%s %.4f %.4f\n", $1, $2, tolerance
}
