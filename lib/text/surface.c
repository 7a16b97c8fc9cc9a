/* surface.c - one pass over the bytes of a text. */
#include "text/surface.h"

#include <math.h>
#include <string.h>

static int
is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Does an option of a multiple choice begin at P: "A.", "A)", "(A)"? */
static int
is_option(const char *p, size_t n)
{
	if (n >= 3 && p[0] == '(')
		return is_upper((unsigned char)p[1]) && p[2] == ')';
	return n >= 2 && is_upper((unsigned char)p[0]) &&
	    (p[1] == '.' || p[1] == ')');
}

void
rk_surface(float *out, const char *p, size_t n)
{
	static const char code[] = "{}[]()<>=;_`$\\#|&^~";
	size_t points = 0, words = 0, options = 0, breaks = 0, i;
	size_t digits = 0, punct = 0, marks = 0, foreign = 0;
	int inside = 0, line = 1;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if (line)
			options += (size_t)is_option(p + i, n - i);
		line = c == '\n';
		breaks += (size_t)line;
		words += (size_t)(!inside && !is_space(c));
		inside = !is_space(c);
		if ((c & 0xc0) == 0x80)
			continue;
		points++;
		if (c >= 0x80)
			foreign++;
		else if (c >= '0' && c <= '9')
			digits++;
		else if (c != '\0' && strchr(code, c) != NULL)
			marks++;
		else if (c > ' ' && c < 0x7f && !is_upper(c & 0xdf))
			punct++;
	}
	memset(out, 0, RK_SURFACE_FEATURES * sizeof *out);
	if (points == 0)
		return;
	out[RK_SURFACE_LENGTH] = (float)log1p((double)points);
	out[RK_SURFACE_WORDS] = (float)log1p((double)words);
	out[RK_SURFACE_DIGITS] = (float)((double)digits / (double)points);
	out[RK_SURFACE_PUNCT] = (float)((double)punct / (double)points);
	out[RK_SURFACE_CODE] = (float)((double)marks / (double)points);
	out[RK_SURFACE_OPTIONS] = (float)log1p((double)options);
	out[RK_SURFACE_BREAKS] = (float)log1p((double)breaks);
	out[RK_SURFACE_FOREIGN] = (float)((double)foreign / (double)points);
}
