# examples.awk - takes the examples out of a text: indented lines, where
# "$ COMMAND" begins one (a line that ends in \ or | goes on) and the lines under
# it, up to the next command or a line that is not indented, are what it prints. Writes N.cmd and N.out into
# the folder DIR.
#
# A line "..." in the output stands for any lines.

function flush() {
	if (n > 0) {
		close(cmd)
		close(out)
	}
}

/^(    |\t)\$ / {
	flush()
	n++
	cmd = DIR "/" n ".cmd"
	out = DIR "/" n ".out"
	sub(/^(    |\t)\$ /, "")
	printf "" >out
	print >cmd
	more = /[\\|]$/
	inside = 1
	blanks = 0
	next
}
inside && more {
	more = /[\\|]$/
	sub(/^(    |\t)/, "")
	print >cmd
	next
}
inside && /^(    |\t)/ {
	sub(/^(    |\t)/, "")
	for (; blanks > 0; blanks--)
		print "" >out
	print >out
	next
}
inside && /^$/ {
	blanks++
	next
}
{ inside = 0 }
END { flush() }
