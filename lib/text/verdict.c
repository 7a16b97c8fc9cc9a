/* verdict.c - the last line of a judge's answer. */
#include "text/verdict.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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

/* --- verdicts ------------------------------------------------------------------ */

/* The one of WORDS that p[0..n) begins with in double brackets; 0: none. */
static char
bracketed(const char *p, size_t n, const char *words, size_t *length)
{
	size_t i = 2;
	char c;

	if (n < 5 || memcmp(p, "[[", 2) != 0)
		return 0;
	while (i < n && p[i] == ' ')
		i++;
	c = i < n ? p[i++] : '\0';
	while (i < n && p[i] == ' ')
		i++;
	if (n - i < 2 || memcmp(p + i, "]]", 2) != 0 || c == '\0' ||
	    strchr(words, c) == NULL)
		return 0;
	*length = i + 2;
	return c;
}

/* Does p[0..n) hold another verdict than C? */
static int
has_other(const char *p, size_t n, char c, const char *words)
{
	size_t i, length;
	char found;

	for (i = 0; i < n; i++) {
		found = bracketed(p + i, n - i, words, &length);
		if (found != 0 && found != c)
			return 1;
	}
	return 0;
}

/* What a judge may call its verdict: the length of the word at P, or 0. */
static size_t
name(const char *p, size_t n)
{
	static const char *const names[] = { "the", "my", "final", "overall",
		"grade", "score", "rating", "verdict", "judgment", "judgement",
		"winner", "decision", "is" };
	size_t i, k = 0;

	while (k < n && isalpha((unsigned char)p[k]))
		k++;
	for (i = 0; k > 0 && i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == k && strncasecmp(p, names[i], k) == 0)
			return k;
	return 0;
}

/* The verdict on a line which is that, its name, marks and full stops. */
static char
named(const char *p, size_t n, const char *words)
{
	size_t k, length;
	char c;

	for (; n > 0; p += k, n -= k)
		if ((k = strchr(" \t*_`#:=", *p) != NULL) == 0 &&
		    (k = name(p, n)) == 0)
			break;
	c = bracketed(p, n, words, &length);
	while (c != 0 && length < n)
		if (strchr(" \t*_`.", p[length++]) == NULL)
			return 0;
	return c;
}

char
rk_verdict(const char *p, size_t n, const char *words)
{
	size_t k, length;
	const char *line = rk_verdict_line(p, n, &k);
	char c = named(line, k, words);

	while (k > 0 && *line == '*') {
		line++;
		k--;
	}
	while (k > 0 && line[k - 1] == '*')
		k--;
	if (k == 5 && bracketed(line, k, words, &length) != 0)
		return c; /* as it was asked for */
	return c != 0 && !has_other(p, n, c, words) ? c : 0;
}
