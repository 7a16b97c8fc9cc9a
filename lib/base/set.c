/* set.c - open addressing, at most half full. */
#include "base/set.h"

#include <stdlib.h>

#include "base/mem.h"

/* 1: it was there. */
static int
put(uint64_t *at, size_t cap, uint64_t d)
{
	size_t i = d % cap;

	while (at[i] != 0 && at[i] != d)
		i = (i + 1) % cap;
	if (at[i] == d)
		return 1;
	at[i] = d;
	return 0;
}

int
rk_set_add(struct rk_set *s, uint64_t digest)
{
	uint64_t *old = s->at;
	size_t i, cap = s->cap;

	if (s->n * 2 >= cap) {
		s->cap = cap ? cap * 2 : 1024;
		s->at = rk_calloc(s->cap, sizeof *s->at);
		for (i = 0; i < cap; i++)
			if (old[i] != 0)
				put(s->at, s->cap, old[i]);
		free(old);
	}
	if (put(s->at, s->cap, digest | 1))
		return 1;
	s->n++;
	return 0;
}

void
rk_set_free(struct rk_set *s)
{
	free(s->at);
	*s = (struct rk_set){ 0 };
}
