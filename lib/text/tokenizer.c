/*
 * tokenizer.c - opens a tokenizer.json. The vocabulary and the merges, which
 * are nearly all of it, are found by one scan and read in place (vocab-read.h);
 * jansson sees the text with a placeholder for each, and so reads little.
 */
#include "text/tokenizer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/scan.h"
#include "text/tokenizer-members.h"
#include "text/tokenizer-parts.h"
#include "text/vocab-read.h"

struct span {
	size_t at, n; /* n = 0: absent */
};

struct spans {
	struct span model, vocab, merges; /* of the whole text */
};

/* --- where the long members are --- */

/* The member KEY of the object whose scan S is, at AT of the whole text. */
static struct span
member(const struct rk_scan *s, const char *json, size_t at, const char *key)
{
	struct span out = { 0 };
	size_t i, n = strlen(key);

	for (i = 0; i < s->members; i++)
		if (s->member[i].key_n == n + 2 &&
		    memcmp(json + at + s->member[i].key + 1, key, n) == 0)
			out = (struct span){ at + s->member[i].val,
				s->member[i].val_n };
	return out;
}

static struct spans
find_spans(const char *json, size_t n)
{
	struct rk_scan scan = { 0 };
	struct spans s = { 0 };

	if (rk_scan_object(&scan, json, n) == 0)
		s.model = member(&scan, json, 0, "model");
	if (rk_scan_object(&scan, json + s.model.at, s.model.n) == 0) {
		s.vocab = member(&scan, json, s.model.at, "vocab");
		s.merges = member(&scan, json, s.model.at, "merges");
	}
	rk_scan_free(&scan);
	return s;
}

/* The text without what the spans hold, as a tree. New; or NULL. */
static json_t *
rest(const char *json, size_t n, const struct spans *s, struct rk_err *err)
{
	struct span a = s->vocab, b = s->merges, swap;
	struct rk_buf text = { 0 };
	json_error_t e;
	json_t *root;

	if (a.n == 0 || (b.n > 0 && b.at < a.at)) {
		swap = a;
		a = b;
		b = swap;
	}
	rk_buf_add(&text, json, a.n ? a.at : n);
	if (a.n > 0) {
		size_t from = a.at + a.n, to = b.n ? b.at : n;
		rk_buf_adds(&text, "0");
		rk_buf_add(&text, json + from, to - from);
	}
	if (b.n > 0) {
		rk_buf_adds(&text, "0");
		rk_buf_add(&text, json + b.at + b.n, n - b.at - b.n);
	}
	root = json_loadb(
	    text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (root == NULL)
		rk_err_set(err, "not JSON: line %d: %s", e.line, e.text);
	rk_buf_free(&text);
	return root;
}

/* --- models --- */

/* The id of the piece that the member KEY names; -1: no such member. */
static int
id_of(const struct rk_tok *t, const json_t *m, const char *key, int32_t *id,
    struct rk_err *err)
{
	struct rk_buf b = { 0 };
	char q[64];
	int got = rk_members_text(m, key, &b, err);

	*id = -1;
	if (got > 0) {
		*id = rk_vocab_find(&t->vocab, b.p, b.n);
		if (*id < 0)
			got = rk_err_set(err,
			    "%s: \"%s\" is not in the vocabulary", key,
			    rk_err_quote(q, sizeof q, b.p, b.n));
	}
	rk_buf_free(&b);
	return got < 0 ? -1 : 0;
}

static int
read_vocab(struct rk_tok *t, const char *json, const struct spans *s,
    struct rk_err *err)
{
	if (s->vocab.n == 0)
		return rk_err_set(err, "vocab: there is none");
	if (rk_vocab_read(&t->vocab, json + s->vocab.at, s->vocab.n, err) != 0)
		return rk_err_in(err, "vocab");
	return 0;
}

static int
wordpiece(struct rk_tok *t, const json_t *m, const char *json,
    const struct spans *s, struct rk_err *err)
{
	struct rk_wordpiece *w = &t->wordpiece;
	struct rk_buf prefix = { 0 };
	long most = 100;
	int got;

	t->model = RK_TOK_WORDPIECE;
	if (rk_members_known(m,
		"type unk_token continuing_subword_prefix "
		"max_input_chars_per_word vocab",
		err) != 0 ||
	    read_vocab(t, json, s, err) != 0 ||
	    id_of(t, m, "unk_token", &w->unk, err) != 0 ||
	    rk_members_int(m, "max_input_chars_per_word", 1 << 20, &most, err) <
		0)
		return -1;
	if (w->unk < 0)
		return rk_err_set(err, "unk_token: expected a text");
	w->max_chars = (size_t)most;
	got = rk_members_text(m, "continuing_subword_prefix", &prefix, err);
	if (got == 0)
		rk_buf_adds(&prefix, "##");
	if (got >= 0)
		rk_wordpiece_build(w, &t->vocab, prefix.p, prefix.n);
	rk_buf_free(&prefix);
	return got < 0 ? -1 : 0;
}

static int
unigram(struct rk_tok *t, const json_t *m, const char *json,
    const struct spans *s, struct rk_err *err)
{
	struct rk_unigram *u = &t->unigram;
	double *score = NULL;
	long unk = -1;

	t->model = RK_TOK_UNIGRAM;
	if (rk_members_known(m, "type unk_id byte_fallback vocab", err) != 0)
		return -1;
	if (s->vocab.n == 0)
		return rk_err_set(err, "vocab: there is none");
	if (rk_vocab_read_scored(
		&t->vocab, &score, json + s->vocab.at, s->vocab.n, err) != 0) {
		free(score);
		return rk_err_in(err, "vocab");
	}
	rk_unigram_build(u, &t->vocab, score);
	if (rk_members_int(m, "unk_id", INT32_MAX, &unk, err) < 0 ||
	    rk_members_bool(m, "byte_fallback", 0, &u->fallback, err) != 0)
		return -1;
	if (unk < 0 || (size_t)unk >= t->vocab.count)
		return rk_err_set(err, "unk_id: expected 0 to %zu",
		    t->vocab.count ? t->vocab.count - 1 : 0);
	u->unk = (int32_t)unk;
	return 0;
}

/* What joins pieces to words in a way that is not known here. */
static int
bpe_refuse(const json_t *m, struct rk_err *err)
{
	static const char *const affix[] = { "continuing_subword_prefix",
		"end_of_word_suffix" };
	const json_t *dropout = json_object_get(m, "dropout");
	struct rk_buf b = { 0 };
	size_t i;
	int e = 0;

	for (i = 0; i < 2 && e == 0; i++)
		if (rk_members_text(m, affix[i], &b, err) < 0)
			e = -1;
		else if (b.n > 0)
			e = rk_err_set(
			    err, "%s: only \"\" is supported", affix[i]);
	rk_buf_free(&b);
	if (e == 0 && dropout != NULL && !json_is_null(dropout) &&
	    (!json_is_number(dropout) || json_number_value(dropout) != 0))
		e = rk_err_set(err, "dropout: only 0 is supported");
	return e;
}

static int
bpe(struct rk_tok *t, const json_t *m, const char *json, const struct spans *s,
    struct rk_err *err)
{
	struct rk_bpe *b = &t->bpe;

	t->model = RK_TOK_BPE;
	if (rk_members_known(m,
		"type dropout unk_token continuing_subword_prefix "
		"end_of_word_suffix fuse_unk byte_fallback ignore_merges vocab "
		"merges",
		err) != 0 ||
	    bpe_refuse(m, err) != 0 || read_vocab(t, json, s, err) != 0 ||
	    id_of(t, m, "unk_token", &b->unk, err) != 0 ||
	    rk_members_bool(m, "fuse_unk", 0, &b->fuse_unk, err) != 0 ||
	    rk_members_bool(m, "byte_fallback", 0, &b->fallback, err) != 0 ||
	    rk_members_bool(m, "ignore_merges", 0, &b->ignore_merges, err) != 0)
		return -1;
	b->byte_level = t->pres > 0 && t->pre[t->pres - 1].kind == RK_PRE_BYTES;
	if (b->byte_level && b->fallback)
		return rk_err_set(
		    err, "byte_fallback is not supported with ByteLevel");
	rk_bpe_build(b, &t->vocab);
	if (s->merges.n == 0)
		return rk_err_set(err, "merges: there are none");
	if (rk_vocab_read_merges(b, json + s->merges.at, s->merges.n, err) != 0)
		return rk_err_in(err, "merges");
	return 0;
}

/* Early files do not name the type. */
static const char *
type_of(const json_t *m, const char *json, const struct spans *s)
{
	const json_t *type = json_object_get(m, "type");

	if (type != NULL)
		return json_is_string(type) ? json_string_value(type) : "";
	if (s->merges.n > 0)
		return "BPE";
	if (s->vocab.n > 0 && json[s->vocab.at] == '[')
		return "Unigram";
	return json_object_get(m, "max_input_chars_per_word") ? "WordPiece"
							      : "";
}

static int
read_model(struct rk_tok *t, const json_t *m, const char *json,
    const struct spans *s, struct rk_err *err)
{
	const char *type = type_of(m, json, s);
	char q[64];
	int e;

	if (!json_is_object(m))
		return rk_err_set(err, "model: expected an object");
	if (strcmp(type, "WordPiece") == 0)
		e = wordpiece(t, m, json, s, err);
	else if (strcmp(type, "Unigram") == 0)
		e = unigram(t, m, json, s, err);
	else if (strcmp(type, "BPE") == 0)
		e = bpe(t, m, json, s, err);
	else
		return rk_err_set(err,
		    "model: the type \"%s\" is not supported",
		    rk_err_quote(q, sizeof q, type, strlen(type)));
	if (e == 0 && t->model != RK_TOK_BPE && t->pres > 0 &&
	    t->pre[t->pres - 1].kind == RK_PRE_BYTES)
		e = rk_err_set(err, "ByteLevel is supported with BPE alone");
	return e == 0 ? 0 : rk_err_in(err, "model");
}

/* --- added tokens --- */

/* Is it where the model's vocabulary has it, or where that has nothing? */
static int
fits(const struct rk_tok *t, const char *p, size_t n, int32_t id,
    struct rk_err *err)
{
	int32_t is = rk_vocab_find(&t->vocab, p, n);
	char q[64];
	size_t len;

	rk_err_quote(q, sizeof q, p, n);
	if (is >= 0 && is != id)
		return rk_err_set(err,
		    "\"%s\" has the id %ld, and %ld in the vocabulary", q,
		    (long)id, (long)is);
	if (is < 0 && rk_vocab_piece(&t->vocab, id, &len) != NULL)
		return rk_err_set(
		    err, "\"%s\" has the id %ld of another piece", q, (long)id);
	if ((size_t)id > t->vocab.count + t->n_added + RK_VOCAB_HOLES)
		return rk_err_set(err,
		    "\"%s\" has the id %ld, beyond all others", q, (long)id);
	return 0;
}

static int
read_one(
    struct rk_tok *t, const json_t *v, struct rk_buf *text, struct rk_err *err)
{
	struct rk_tok_added a = { 0 };
	long id = 0;

	if (rk_members_known(v,
		"id content single_word lstrip rstrip normalized special",
		err) != 0 ||
	    rk_members_bool(v, "single_word", 0, &a.word, err) != 0 ||
	    rk_members_bool(v, "lstrip", 0, &a.left, err) != 0 ||
	    rk_members_bool(v, "rstrip", 0, &a.right, err) != 0 ||
	    rk_members_bool(v, "special", 0, &a.special, err) != 0 ||
	    rk_members_bool(v, "normalized", !a.special, &a.cooked, err) != 0)
		return -1;
	if (rk_members_int(v, "id", INT32_MAX / 2, &id, err) != 1)
		return rk_err_set(err, "id: expected a whole number");
	if (rk_members_text(v, "content", text, err) != 1 || text->n == 0 ||
	    text->n > RK_VOCAB_PIECE)
		return rk_err_set(err, "content: expected a text, at most %d",
		    RK_VOCAB_PIECE);
	a.id = (int32_t)id;
	if (fits(t, text->p, text->n, a.id, err) != 0)
		return -1;
	if (rk_vocab_put(&t->added_text, a.id, text->p, text->n) !=
	    RK_VOCAB_NEW)
		return rk_err_set(err, "its id or content is there already");
	RK_GROW(t->added, t->n_added, t->added_cap);
	t->added[t->n_added++] = a;
	return 0;
}

static int
read_added(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_buf text = { 0 };
	size_t i;
	int e = 0;

	if (v != NULL && !json_is_null(v) && !json_is_array(v))
		return rk_err_set(err, "added_tokens: expected an array");
	for (i = 0; e == 0 && i < json_array_size(v); i++)
		if (read_one(t, json_array_get(v, i), &text, err) != 0)
			e = rk_err_in(err, "added_tokens[%zu]", i);
	rk_buf_free(&text);
	return e;
}

/* Of keys that are the same the first stays: *N goes down. */
static void
distinct(struct rk_trie_key *key, size_t *n)
{
	struct rk_vocab seen = { 0 };
	size_t i, k = 0;

	for (i = 0; i < *n; i++)
		if (rk_vocab_put(&seen, (int32_t)i, key[i].p, key[i].n) ==
		    RK_VOCAB_NEW)
			key[k++] = key[i];
	*n = k;
	rk_vocab_free(&seen);
}

/* The finder of the tokens that are looked for in normalized text, or not. */
static int
finder(
    struct rk_tok *t, struct rk_tok_finder *f, int cooked, struct rk_err *err)
{
	struct rk_trie_key *key = rk_array(NULL, t->n_added + 1, sizeof *key);
	struct rk_regex_match *m = rk_regex_match_new();
	struct rk_norm_scratch s = { 0 };
	size_t i, n = 0, len;
	const char *p;
	int e = 0;

	for (i = 0; e == 0 && i < t->n_added; i++) {
		if (t->added[i].cooked != cooked)
			continue;
		p = rk_vocab_piece(&t->added_text, t->added[i].id, &len);
		if (cooked &&
		    rk_norm_text(
			t->norm, t->norms, &s, m, p, len, &p, &len, err) != 0)
			e = rk_err_in(err, "added_tokens[%zu]", i);
		else if (len > 0)
			key[n++] = (struct rk_trie_key){ rk_strndup(p, len),
				(uint32_t)len, (int32_t)i, 0 };
	}
	if (e == 0) {
		struct rk_trie_key *all = rk_array(NULL, n + 1, sizeof *all);
		size_t k = n;
		memcpy(all, key, n * sizeof *all);
		distinct(all, &k);
		for (i = 0; i < k; i++)
			f->begins[(unsigned char)all[i].p[0]] = 1;
		f->any = k > 0;
		rk_trie_build(&f->trie, all, k);
		free(all);
	}
	for (i = 0; i < n; i++)
		free((char *)key[i].p);
	free(key);
	rk_regex_match_free(m);
	rk_norm_scratch_free(&s);
	return e;
}

/* --- opening --- */

/* The ids of the template must be somebody's. */
static int
check_specials(
    const struct rk_tok *t, const struct rk_ids *ids, struct rk_err *err)
{
	size_t i, n;

	for (i = 0; i < ids->n; i++)
		if (rk_tok_piece(t, ids->p[i], &n) == NULL)
			return rk_err_set(err,
			    "post_processor: there is no id %ld",
			    (long)ids->p[i]);
	return 0;
}

static int
build(struct rk_tok *t, const json_t *root, const struct spans *s,
    struct rk_err *err)
{
	if (rk_members_known(root,
		"version truncation padding added_tokens normalizer "
		"pre_tokenizer post_processor decoder model",
		err) != 0 ||
	    rk_parts_normalizer(t, json_object_get(root, "normalizer"), err) !=
		0 ||
	    rk_parts_pre(t, json_object_get(root, "pre_tokenizer"), err) != 0 ||
	    rk_parts_post(t, json_object_get(root, "post_processor"), err) !=
		0 ||
	    rk_parts_decoder(t, json_object_get(root, "decoder"), err) != 0 ||
	    read_model(t, json_object_get(root, "model"), t->json, s, err) !=
		0 ||
	    read_added(t, json_object_get(root, "added_tokens"), err) != 0 ||
	    finder(t, &t->raw, 0, err) != 0 ||
	    finder(t, &t->cooked, 1, err) != 0)
		return -1;
	if (check_specials(t, &t->before, err) != 0)
		return -1;
	return check_specials(t, &t->after, err);
}

/* Takes JSON, which malloc gave. */
static struct rk_tok *
open_taken(char *json, size_t n, struct rk_err *err)
{
	static atomic_uint_fast64_t serials;
	struct rk_tok *t = rk_calloc(1, sizeof *t);
	struct spans s = find_spans(json, n);
	json_t *root = rest(json, n, &s, err);
	int e = -1;

	t->serial = atomic_fetch_add(&serials, 1) + 1;
	t->json = json;
	t->json_n = n;
	if (root != NULL)
		e = build(t, root, &s, err);
	json_decref(root);
	if (e == 0)
		return t;
	rk_tok_free(t);
	return NULL;
}

struct rk_tok *
rk_tok_open_mem(const char *json, size_t n, struct rk_err *err)
{
	return open_taken(rk_strndup(json, n), n, err);
}

struct rk_tok *
rk_tok_open(const char *path, struct rk_err *err)
{
	FILE *f = fopen(path, "rb");
	struct rk_buf b = { 0 };
	struct rk_tok *t;
	size_t n;

	if (f == NULL) {
		rk_err_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	do {
		rk_buf_need(&b, b.n ? b.n : 1 << 20);
		n = fread(b.p + b.n, 1, b.cap - 1 - b.n, f);
		b.n += n;
	} while (n > 0);
	if (ferror(f)) {
		rk_err_set(err, "%s: %s", path, strerror(errno));
		fclose(f);
		rk_buf_free(&b);
		return NULL;
	}
	fclose(f);
	b.p[b.n] = '\0';
	t = open_taken(b.p, b.n, err);
	if (t == NULL)
		rk_err_in(err, "%s", path);
	return t;
}

void
rk_tok_free(struct rk_tok *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < RK_TOK_STEPS; i++) {
		rk_norm_free(t->norm + i);
		rk_pre_free(t->pre + i);
		rk_dec_free(t->dec + i);
	}
	rk_wordpiece_free(&t->wordpiece);
	rk_unigram_free(&t->unigram);
	rk_bpe_free(&t->bpe);
	rk_vocab_free(&t->vocab);
	rk_vocab_free(&t->added_text);
	rk_trie_free(&t->raw.trie);
	rk_trie_free(&t->cooked.trie);
	rk_ids_free(&t->before);
	rk_ids_free(&t->after);
	free(t->added);
	free(t->json);
	free(t);
}

/* --- what there is --- */

const char *
rk_tok_json(const struct rk_tok *t, size_t *n)
{
	*n = t->json_n;
	return t->json;
}

size_t
rk_tok_count(const struct rk_tok *t)
{
	return t->vocab.count > t->added_text.count ? t->vocab.count
						    : t->added_text.count;
}

int32_t
rk_tok_id(const struct rk_tok *t, const char *piece, size_t n)
{
	int32_t id = rk_vocab_find(&t->added_text, piece, n);

	return id >= 0 ? id : rk_vocab_find(&t->vocab, piece, n);
}

const char *
rk_tok_piece(const struct rk_tok *t, int32_t id, size_t *n)
{
	const char *p = rk_vocab_piece(&t->added_text, id, n);

	return p ? p : rk_vocab_piece(&t->vocab, id, n);
}

const int32_t *
rk_tok_before(const struct rk_tok *t, size_t *n)
{
	*n = t->before.n;
	return t->before.p;
}

size_t
rk_tok_specials(const struct rk_tok *t)
{
	return t->before.n + t->after.n;
}
