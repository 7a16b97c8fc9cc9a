/* load-finish.c - all records are in: what is kept out, and what is told. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "pref/folds.h"
#include "pref/load-state.h"

/* which[]: the prompts that may be kept for validation; returns how many. */
static size_t
candidates(const struct rk_loader *l, const struct rk_prefs *p, size_t *which)
{
	size_t i, c, n = 0;

	for (i = 0; i < l->prompts.n; i++) {
		int may = p->target == RK_NO_TARGET;
		for (c = p->first[i]; c < p->first[i + 1] && !may; c++)
			may = p->from[c].source == p->target;
		if (may)
			which[n++] = i;
	}
	return n;
}

static void
split(struct rk_loader *l, const struct rk_prefs *p)
{
	const struct rk_prompts *all = &l->prompts;
	size_t *which = rk_calloc(all->n, sizeof *which);
	size_t n = candidates(l, p, which), i;
	uint64_t *digest = rk_calloc(n, sizeof *digest);
	struct rk_fold_key *key = rk_calloc(n, sizeof *key);
	uint8_t *valid = rk_calloc(n, 1);

	for (i = 0; i < n; i++) {
		digest[i] = all->digest[which[i]];
		if (l->how.valid_by != NULL)
			key[i] = all->key[which[i]];
	}
	if (l->how.valid_by != NULL)
		rk_folds_by_key(valid, key, digest, n, l->how.valid);
	else
		rk_folds_by_digest(valid, digest, n, l->how.valid, l->how.seed);
	l->valid = rk_calloc(all->n, 1);
	for (i = 0; i < n; i++)
		l->valid[which[i]] = valid[i];
	free(which);
	free(digest);
	free(key);
	free(valid);
}

/* Every source that the user names must be there. */
static int
check_sources(const struct rk_loader *l, size_t *target, struct rk_err *err)
{
	const struct rk_origins *o = &l->verdicts.origins;
	const char *name = l->how.target;
	long found;
	size_t i;

	*target = RK_NO_TARGET;
	for (i = 0; i < o->pairs; i++)
		if (rk_origins_find(o, o->pair[i].source, err) < 0)
			return -1;
	if (name == NULL)
		return 0;
	found = rk_origins_find(o, name, err);
	if (found < 0)
		return -1;
	*target = (size_t)found;
	return 0;
}

int
rk_load_finish(
    struct rk_loader *l, const struct rk_prefs **out, struct rk_err *err)
{
	struct rk_prefs *p = &l->prefs;
	int told = l->how.source != NULL || l->how.source_file ||
	    l->how.kinds == RK_KINDS_TOLD;
	size_t target;

	if (check_sources(l, &target, err) != 0 ||
	    rk_verdicts_finish(&l->verdicts, l->prompts.n, err) != 0)
		return -1;
	*p = l->verdicts.prefs;
	if (l->how.kinds == RK_KINDS_FOUND)
		target = rk_kinds_target(&l->verdicts.origins, p);
	p->target = target;
	split(l, p);
	if (l->how.kinds == RK_KINDS_FOUND && target != RK_NO_TARGET &&
	    !rk_kinds_enough(p, l->prompts.n, l->valid, target)) {
		p->target = RK_NO_TARGET;
		free(l->valid);
		split(l, p);
	}
	l->verdicts.prefs.target = p->target;
	if (!told && p->target == RK_NO_TARGET)
		p->from = NULL;
	p->n = l->prompts.n;
	p->d = l->how.embed ? l->prompts.d : 0;
	p->emb = l->prompts.emb;
	if (p->d > 0 && !l->given && l->embed.kind != NULL) {
		p->parts = l->embed.parts;
		p->part = l->embed.part;
	}
	p->text = l->textless == 0 ? l->prompts.text : NULL;
	p->digest = l->prompts.digest;
	p->id = rk_prompts_names(&l->prompts);
	p->valid = l->valid;
	*out = p;
	return 0;
}

const char *
rk_load_embedder(const struct rk_loader *cl)
{
	struct rk_loader *l = (struct rk_loader *)cl;
	char id[64];

	if (!l->how.embed || l->prompts.d == 0)
		return NULL;
	if (!l->given && l->embed.kind != NULL)
		return l->embed.id;
	if (l->given_id == NULL && rk_load_believes(l))
		l->given_id = l->how.embedder->believed(
		    l->how.embedder_set, l->prompts.d);
	if (l->given_id == NULL) {
		snprintf(id, sizeof id, "{\"kind\":\"given\",\"dim\":%zu}",
		    l->prompts.d);
		l->given_id = rk_strdup(id);
	}
	return l->given_id;
}

const struct rk_origins *
rk_load_origins(const struct rk_loader *l)
{
	return &l->verdicts.origins;
}

void
rk_load_digest(const struct rk_loader *l, char out[17])
{
	uint64_t sum = rk_verdicts_digest(&l->verdicts, l->prefs.from != NULL);
	size_t i;

	for (i = 0; i < l->prompts.n; i++)
		sum = rk_num_mix(sum ^ l->prompts.digest[i]);
	snprintf(out, 17, "%016llx", (unsigned long long)sum);
}

int
rk_load_mixed(const struct rk_loader *l)
{
	return l->prefs.from == NULL && l->verdicts.battles > 0 &&
	    l->verdicts.outcomes > 0;
}

const char *
rk_load_unused_alias(const struct rk_loader *l)
{
	return rk_verdicts_unused_alias(&l->verdicts);
}

void
rk_load_report(const struct rk_loader *l, struct rk_buf *out)
{
	rk_buf_addf(
	    out, "\"records\":%zu,\"prompts\":%zu,", l->records, l->prompts.n);
	rk_verdicts_report(&l->verdicts, out);
}

size_t
rk_load_dropped(const struct rk_loader *l, size_t *records)
{
	size_t i, n = 0;

	for (i = 0; i < RK_DROPS; i++)
		n += l->verdicts.drop[i];
	*records = l->records;
	return n;
}
