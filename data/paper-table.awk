# paper-table.awk - the tables of make paper. Read after paper-means.awk, with the
# same files; writes each cell's means to the file `means`, a line a figure:
# set/mix/router/embedder/figure value.

# The whole interval of the difference to length above or below 0.
function sign(k) {
	if (mean(k, 11) != "-" && mean(k, 11) > 0)
		return "+"
	return mean(k, 12) != "-" && mean(k, 12) < 0 ? "-" : " "
}

function row(k, label,	f, ours, beside) {
	split(k, f, "/")
	ours = num("%5.1f", percent(mean(k, 6)), 5) " "
	ours = ours num("%5.1f", percent(mean(k, 7)), 5) "  "
	ours = ours num("%.3f", mean(k, 8), 5)
	ours = ours (count[k] > 1 ? sprintf(" (%.3f)", sd(k, 8)) : "        ")
	ours = ours " [" num("%.3f", mean(k, 9), 5) ", "
	ours = ours num("%.3f", mean(k, 10), 5) "]" sign(k)
	beside = f[1] "/" f[2] "/" f[3]
	printf "%-11s %-11s %-15s %s  %s\n", f[3], f[4], label, ours,
		shown[beside]++ ? "" : told[beside]
	printf "%s/apgr %s\n%s/cpt50 %s\n%s/cpt80 %s\n", k, mean(k, 8),
		k, mean(k, 6), k, mean(k, 7) >means
}

# What the paper has and no cell stands beside.
function alone(k, label,	f) {
	split(k, f, "/")
	printf "%-11s %-11s %-15s %5s %5s  %-29s  %s\n", f[3], "-", label, "-",
		"-", "    -", told[k]
}

function percent(x) {
	return x == "-" ? x : 100 * x
}

END {
	name["none"] = "-"
	name["battles"] = "battles"
	name["gold"] = "golden labels"
	name["both"] = "both"
	name["arena"] = "others' battles"
	name["arena+gold"] = "others', golden"
	name["gold+"] = "golden +"
	name["gsm8k+"] = "GSM8K-like +"
	name["others"] = "other models"
	name["gsm8k"] = "GSM8K-like"
	for (s = 1; s <= nsets; s++) {
		printf "\n%s: %s\n%67s  %s\n", toupper(sets[s]), about[sets[s]],
			"", "the paper"
		printf "%-11s %-11s %-15s %5s %5s  %-5s %-7s %-15s  %s\n",
			"router", "inputs", "trained on", "CPT50", "CPT80",
			"APGR", "(sd)", "[lo, hi]", "  CPT50 CPT80  APGR"
		for (i = 1; i <= cells; i++) {
			split(order[i], f, "/")
			if (f[1] == sets[s])
				row(order[i], f[2] in name ? name[f[2]] : f[2])
		}
		for (i = 1; i <= tells; i++) {
			split(said[i], f, "/")
			if (f[1] == sets[s] && !(said[i] in shown))
				alone(said[i], name[f[2]])
		}
	}
}
