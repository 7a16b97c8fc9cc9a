# layers.awk - reads the #include lines and the calls of C files given as
# operands (paths from the repository root) and prints one line for each thing
# that the layers forbid. tests/layers.t runs it, on the sources and on small
# trees which break each rule.

function complain(what) { print FILENAME ":" FNR ": " what }

# "lib/io/x.c" is io; "cmd/x.c" is cmd.
function layer_of(path,   part) {
	split(path, part, "/")
	return part[1] == "lib" ? part[2] : part[1]
}

# The row of a table that a file in FOLDER belongs to: sw for sw.c, sw.h,
# sw-fit.c. "" for the files that all of them share.
function owner(folder, file,   name, best) {
	sub(/\.[ch]$/, "", file)
	best = ""
	for (name in rows)
		if (index(name, folder "/") == 1) {
			sub(/^.*\//, "", name)
			if ((file == name || index(file, name "-") == 1) &&
			    length(name) > length(best))
				best = name
		}
	return best
}

function check_own(header,   to, us, them) {
	to = layer_of("lib/" header)
	if (!(to in rank))
		complain("\"" header "\" is in no layer")
	else if (rank[to] > rank[layer])
		complain(layer " includes \"" header "\", to its right")
	if (to != layer || (layer != "route" && layer != "embed"))
		return
	them = header
	sub(/^.*\//, "", them)
	them = owner(layer, them)
	us = FILENAME
	sub(/^.*\//, "", us)
	us = owner(layer, us)
	if (them != "" && them != us)
		complain((us == "" ? "a file that all share" : us) \
		    " includes \"" header "\", which is " them "'s")
}

function check_system(header) {
	if (header == "jansson.h" && layer != "io" &&
	    FILENAME !~ /^lib\/text\/tokenizer(-parts|-members)?\.[ch]$/)
		complain("<jansson.h> is for io/ and text/tokenizer*")
	if (header == "cblas.h" && FILENAME != "lib/math/mat.c")
		complain("<cblas.h> is for math/mat.c")
	if (header == "curl/curl.h" && FILENAME != "lib/io/curl.h")
		complain("<curl/curl.h> is for io/curl.h")
	if (header == "sqlite3.h" && FILENAME != "lib/io/sqlite.h")
		complain("<sqlite3.h> is for io/sqlite.h")
}

# Takes strings and comments out of a line of code.
function bare(s,   at) {
	gsub(/\\./, "", s)
	gsub(/"[^"]*"/, "\"\"", s)
	gsub(/'[^']*'/, "''", s)
	if (in_comment) {
		at = index(s, "*/")
		if (at == 0)
			return ""
		s = substr(s, at + 2)
		in_comment = 0
	}
	while ((at = index(s, "/*")) > 0) {
		rest = substr(s, at + 2)
		s = substr(s, 1, at - 1)
		at = index(rest, "*/")
		if (at == 0) {
			in_comment = 1
			break
		}
		s = s " " substr(rest, at + 2)
	}
	return s
}

BEGIN {
	n = split("base io math eval text nn embed pref route policy cmd", l, " ")
	for (i = 1; i <= n; i++)
		rank[l[i]] = i
}

# tables come first among the operands
FILENAME ~ /\.def$/ {
	if (match($0, /(ROUTER|EMBEDDER)\([a-z0-9_]+\)/)) {
		row = substr($0, RSTART, RLENGTH)
		gsub(/^[A-Z]+\(|\)$/, "", row)
		rows[layer_of(FILENAME) "/" row] = 1
	}
	next
}

FNR == 1 {
	in_comment = 0
	layer = layer_of(FILENAME)
	if (!(layer in rank))
		complain("\"" layer "\" is no layer")
}

/^[ \t]*#[ \t]*include/ {
	header = $0
	sub(/^[^"<]*["<]/, "", header)
	sub(/[">].*$/, "", header)
	if ($0 ~ /</)
		check_system(header)
	else if (layer != "cmd" || header ~ /\//)
		check_own(header)
	next
}

{
	code = bare($0)
	if (layer == "cmd")
		next
	if (code ~ /(^|[^A-Za-z0-9_])(v?printf|puts|putchar|perror|abort|exit|_Exit|quick_exit) *\(/)
		complain("lib/ neither prints nor exits")
	# (a child's may be set up, for posix_spawn)
	if (code ~ /(^|[^A-Za-z0-9_])(stdout|stderr|STDOUT_FILENO)([^A-Za-z0-9_]|$)/ &&
	    code !~ /_adddup2\(/)
		complain("lib/ knows no standard output")
	# the one exception: memory that runs out ends the program
	if (code ~ /(^|[^A-Za-z0-9_])(_exit *\(|STDERR_FILENO)/ &&
	    FILENAME != "lib/base/mem.c")
		complain("lib/ neither prints nor exits")
}
