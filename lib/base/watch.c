/* watch.c - how far a run is, for who waits for it. */
#include "base/watch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* "OUTER, INNER", or whichever is not empty. */
static void __attribute__((format(printf, 3, 0)))
add_text(char *text, size_t size, const char *fmt, va_list ap)
{
	char inner[256];
	size_t n = strlen(text), m;

	vsnprintf(inner, sizeof inner, fmt, ap);
	if (n > 0 && inner[0] != '\0' && n + 2 < size) {
		memcpy(text + n, ", ", 2);
		n += 2;
	}
	m = strlen(inner);
	if (m > size - n - 1)
		m = size - n - 1;
	memcpy(text + n, inner, m);
	text[n + m] = '\0';
}

struct rk_watch
rk_watch_part(
    const struct rk_watch *outer, double from, double to, const char *fmt, ...)
{
	struct rk_watch w = { .from = from, .to = to };
	va_list ap;

	if (outer != NULL) {
		w = *outer;
		w.from = outer->from + from * (outer->to - outer->from);
		w.to = outer->from + to * (outer->to - outer->from);
	}
	va_start(ap, fmt);
	add_text(w.what, sizeof w.what, fmt, ap);
	va_end(ap);
	return w;
}

void
rk_watch_say(const struct rk_watch *w, double done, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (w == NULL || w->say == NULL)
		return;
	memcpy(text, w->what, sizeof w->what);
	va_start(ap, fmt);
	add_text(text, sizeof text, fmt, ap);
	va_end(ap);
	w->say(w->ctx, w->from + done * (w->to - w->from), text);
}

int
rk_watch_stop(const struct rk_watch *w)
{
	return w != NULL && w->stop != NULL && w->stop(w->ctx);
}
