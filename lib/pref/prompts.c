/* prompts.c - a table of prompts, hashed by their digest. */
#include "pref/prompts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t
probe(const struct rk_prompts *p, uint64_t digest)
{
	size_t i = (size_t)digest & (p->slots - 1);

	while (p->slot[i] != 0 && p->digest[p->slot[i] - 1] != digest)
		i = (i + 1) & (p->slots - 1);
	return i;
}

long
rk_prompts_find(const struct rk_prompts *p, uint64_t digest)
{
	return p->slots == 0 ? -1 : (long)p->slot[probe(p, digest)] - 1;
}

static void
grow_slots(struct rk_prompts *p)
{
	size_t i;

	p->slots = p->slots ? p->slots * 2 : 1024;
	free(p->slot);
	p->slot = rk_calloc(p->slots, sizeof *p->slot);
	for (i = 0; i < p->n; i++)
		p->slot[probe(p, p->digest[i])] = (uint32_t)(i + 1);
}

static void
grow_rows(struct rk_prompts *p)
{
	p->cap = p->cap ? p->cap * 2 : 256;
	p->digest = rk_array(p->digest, p->cap, sizeof *p->digest);
	if (p->keep_text)
		p->text = rk_array(p->text, p->cap, sizeof *p->text);
	if (p->keep_key)
		p->key = rk_array(p->key, p->cap, sizeof *p->key);
}

static void
add_embedding(struct rk_prompts *p, size_t i, const float *emb)
{
	if (i >= p->emb_cap) {
		p->emb_cap = i < 256 ? 256 : i * 2;
		p->emb = rk_array(p->emb, p->emb_cap * p->d, sizeof *p->emb);
	}
	memcpy(p->emb + i * p->d, emb, p->d * sizeof *emb);
}

void
rk_prompts_add(
    struct rk_prompts *p, uint64_t digest, struct rk_str text, const float *emb)
{
	size_t i = p->n;

	if (i == p->cap)
		grow_rows(p);
	p->digest[i] = digest;
	if (p->keep_text) {
		p->text[i].p = rk_strndup(text.n ? text.p : "", text.n);
		p->text[i].n = text.n;
	}
	if (p->keep_key)
		p->key[i] = (struct rk_fold_key){ NAN, NULL };
	if (emb != NULL)
		add_embedding(p, i, emb);
	p->n++;
	if (p->n * 2 > p->slots)
		grow_slots(p);
	else
		p->slot[probe(p, digest)] = (uint32_t)p->n;
}

void
rk_prompts_key(struct rk_prompts *p, size_t i, struct rk_fold_key key)
{
	struct rk_fold_key *old = &p->key[i];

	if ((old->text == NULL && isnan(old->num)) ||
	    rk_folds_compare(&key, old) > 0) {
		free(old->text);
		*old = key;
	} else {
		free(key.text);
	}
}

/* Room for the ids of all prompts that there is room for. */
static void
grow_ids(struct rk_prompts *p)
{
	size_t had = p->id_cap;

	if (had >= p->n)
		return;
	p->id_cap = p->cap;
	p->id = rk_array(p->id, p->id_cap, sizeof *p->id);
	memset(p->id + had, 0, (p->id_cap - had) * sizeof *p->id);
}

void
rk_prompts_name(struct rk_prompts *p, size_t i, struct rk_str id)
{
	grow_ids(p);
	if (p->id[i].n == 0)
		p->id[i] = (struct rk_str){ rk_strndup(id.p, id.n), id.n };
}

const struct rk_str *
rk_prompts_names(struct rk_prompts *p)
{
	if (p->id != NULL)
		grow_ids(p);
	return p->id;
}

void
rk_prompts_free(struct rk_prompts *p)
{
	size_t i;

	for (i = 0; i < p->n && p->text != NULL; i++)
		free((char *)p->text[i].p);
	for (i = 0; i < p->n && p->key != NULL; i++)
		free(p->key[i].text);
	for (i = 0; i < p->id_cap; i++)
		free((char *)p->id[i].p);
	free(p->id);
	free(p->digest);
	free(p->text);
	free(p->key);
	free(p->emb);
	free(p->slot);
}
