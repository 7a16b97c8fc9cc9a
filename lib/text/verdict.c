/* verdict.c - the last line of a judge's answer. */
#include "text/verdict.h"

#include <string.h>

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *
rk_verdict_line(const char *p, size_t n, size_t *length)
{
	size_t start;

	while (n > 0 && is_blank(p[n - 1]))
		n--;
	for (start = n; start > 0 && p[start - 1] != '\n'; start--)
		;
	while (start < n && is_blank(p[start]))
		start++;
	*length = n - start;
	return p + start;
}

char
rk_verdict(const char *p, size_t n, const char *words)
{
	const char *line = rk_verdict_line(p, n, &n);

	while (n > 0 && *line == '*') {
		line++;
		n--;
	}
	while (n > 0 && line[n - 1] == '*')
		n--;
	if (n != 5 || memcmp(line, "[[", 2) != 0 ||
	    memcmp(line + 3, "]]", 2) != 0 || line[2] == '\0' ||
	    strchr(words, line[2]) == NULL)
		return 0;
	return line[2];
}
