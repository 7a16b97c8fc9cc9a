/*
 * tokenizer-parts.c - one table a kind of component: its name, the members it
 * may have, and what reads them.
 */
#include "text/tokenizer-parts.h"

#include <string.h>
#include <utf8proc.h>

#include "text/tokenizer-members.h"

/* --- normalizers --- */

static struct rk_norm *
norm(struct rk_tok *t, enum rk_norm_kind kind)
{
	struct rk_norm *s = t->norm + t->norms++;

	s->kind = kind;
	return s;
}

static int
norm_bert(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_norm *s = norm(t, RK_NORM_BERT);

	if (rk_members_bool(v, "clean_text", 1, &s->clean, err) != 0 ||
	    rk_members_bool(v, "handle_chinese_chars", 1, &s->chinese, err) !=
		0 ||
	    rk_members_bool(v, "lowercase", 1, &s->lower, err) != 0)
		return -1;
	return rk_members_bool(v, "strip_accents", s->lower, &s->accents, err);
}

static int
norm_form(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	const char *type = json_string_value(json_object_get(v, "type"));

	(void)err;
	norm(t, RK_NORM_FORM)->form = strcmp(type, "NFC") == 0 ? RK_NORMAL_NFC
	    : strcmp(type, "NFD") == 0                         ? RK_NORMAL_NFD
	    : strcmp(type, "NFKC") == 0                        ? RK_NORMAL_NFKC
							       : RK_NORMAL_NFKD;
	return 0;
}

static int
norm_lower(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	norm(t, RK_NORM_LOWER);
	return 0;
}

static int
norm_accents(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	norm(t, RK_NORM_ACCENTS);
	return 0;
}

static int
norm_charsmap(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	const char *key = "precompiled_charsmap";
	struct rk_norm *s = norm(t, RK_NORM_CHARSMAP);
	const json_t *map = json_object_get(v, key);

	if (!json_is_string(map))
		return rk_err_set(err, "%s: expected a text", key);
	s->map = rk_charsmap_new(
	    json_string_value(map), json_string_length(map), err);
	return s->map ? 0 : rk_err_in(err, "%s", key);
}

static int
norm_prepend(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	return rk_members_need_text(
	    v, "prepend", &norm(t, RK_NORM_PREPEND)->text, err);
}

static int
norm_replace(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_norm *s = norm(t, RK_NORM_REPLACE);

	s->pattern = rk_members_pattern(v, NULL, err);
	return s->pattern ? rk_members_need_text(v, "content", &s->text, err)
			  : -1;
}

static int
norm_strip(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_norm *s = norm(t, RK_NORM_STRIP);

	return rk_members_need_bool(v, "strip_left", &s->left, err) != 0
	    ? -1
	    : rk_members_need_bool(v, "strip_right", &s->right, err);
}

int
rk_parts_normalizer(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	static const struct rk_component parts[] = {
		{ "BertNormalizer",
		    "type clean_text handle_chinese_chars strip_accents "
		    "lowercase",
		    norm_bert },
		{ "NFC", "type", norm_form },
		{ "NFD", "type", norm_form },
		{ "NFKC", "type", norm_form },
		{ "NFKD", "type", norm_form },
		{ "Lowercase", "type", norm_lower },
		{ "StripAccents", "type", norm_accents },
		{ "Precompiled", "type precompiled_charsmap", norm_charsmap },
		{ "Prepend", "type prepend", norm_prepend },
		{ "Replace", "type pattern content", norm_replace },
		{ "Strip", "type strip_left strip_right", norm_strip },
		{ 0 },
	};

	if (rk_members_absent(v))
		return 0;
	return rk_members_read(t, v, parts, "normalizers", &t->norms, 0, err) ==
		0
	    ? 0
	    : rk_err_in(err, "normalizer");
}

/* --- pre-tokenizers --- */

static struct rk_pre *
pre(struct rk_tok *t, enum rk_pre_kind kind)
{
	struct rk_pre *s = t->pre + t->pres++;

	s->kind = kind;
	return s;
}

static int
pre_bert(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	pre(t, RK_PRE_BERT);
	return 0;
}

static int
pre_space(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	pre(t, RK_PRE_SPACE);
	return 0;
}

/* "prepend_scheme", or where it is absent the older "add_prefix_space". */
static int
scheme_of(const json_t *v, enum rk_pre_scheme *out, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	int space, e = 0;
	int got = rk_members_text(v, "prepend_scheme", &b, err);

	if (got < 0 || rk_members_bool(v, "add_prefix_space", 1, &space, err))
		e = -1;
	else if (got == 0)
		*out = space ? RK_PRE_ALWAYS : RK_PRE_NEVER;
	else if (strcmp(b.p, "always") == 0)
		*out = RK_PRE_ALWAYS;
	else if (strcmp(b.p, "first") == 0)
		*out = RK_PRE_FIRST;
	else if (strcmp(b.p, "never") == 0)
		*out = RK_PRE_NEVER;
	else
		e = rk_err_set(
		    err, "prepend_scheme: expected always, first or never");
	if (e == 0 && got == 1 && !space && *out != RK_PRE_NEVER)
		e = rk_err_set(
		    err, "prepend_scheme is against add_prefix_space");
	rk_buf_free(&b);
	return e;
}

static int
replacement_of(const json_t *v, struct rk_buf *out, struct rk_err *err)
{
	utf8proc_int32_t c;

	if (rk_members_need_text(v, "replacement", out, err) != 0)
		return -1;
	if (out->n == 0 ||
	    utf8proc_iterate((utf8proc_uint8_t *)out->p,
		(utf8proc_ssize_t)out->n, &c) != (utf8proc_ssize_t)out->n)
		return rk_err_set(err, "replacement: expected one character");
	return 0;
}

static int
pre_metaspace(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	int inner = t->pres > 0;
	struct rk_pre *s = pre(t, RK_PRE_METASPACE);

	if (replacement_of(v, &s->text, err) != 0 ||
	    scheme_of(v, &s->scheme, err) != 0 ||
	    rk_members_bool(v, "split", 1, &s->split, err) != 0)
		return -1;
	if (s->scheme == RK_PRE_FIRST && inner)
		return rk_err_set(err,
		    "prepend_scheme: \"first\" is not "
		    "supported after another pre-tokenizer");
	return 0;
}

static int
pre_digits(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	return rk_members_bool(
	    v, "individual_digits", 0, &pre(t, RK_PRE_DIGITS)->single, err);
}

static int
pre_split(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_pre *s = pre(t, RK_PRE_SPLIT);
	struct rk_buf b = { 0 };
	char q[64];
	int e;

	s->pattern = rk_members_pattern(v, NULL, err);
	e = s->pattern == NULL ||
	    rk_members_bool(v, "invert", 0, &s->invert, err) != 0 ||
	    rk_members_need_text(v, "behavior", &b, err) != 0;
	s->removed = !e && strcmp(b.p, "Removed") == 0;
	if (!e && !s->removed && strcmp(b.p, "Isolated") != 0)
		e = rk_err_set(err, "behavior: \"%s\" is not supported",
		    rk_err_quote(q, sizeof q, b.p, b.n));
	rk_buf_free(&b);
	return e ? -1 : 0;
}

static int
pre_bytes(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	static const char pattern[] =
	    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|"
	    " ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
	struct rk_pre *s = pre(t, RK_PRE_BYTES);
	int use, trim;

	if (rk_members_bool(v, "add_prefix_space", 1, &s->prefix, err) != 0 ||
	    rk_members_bool(v, "trim_offsets", 1, &trim, err) != 0 ||
	    rk_members_bool(v, "use_regex", 1, &use, err) != 0)
		return -1;
	if (use)
		s->pattern = rk_regex_new(
		    pattern, sizeof pattern - 1, RK_REGEX_SPLIT, err);
	return use && s->pattern == NULL ? -1 : 0;
}

int
rk_parts_pre(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	static const struct rk_component parts[] = {
		{ "BertPreTokenizer", "type", pre_bert },
		{ "WhitespaceSplit", "type", pre_space },
		{ "Metaspace",
		    "type replacement add_prefix_space prepend_scheme split "
		    "str_rep",
		    pre_metaspace },
		{ "Digits", "type individual_digits", pre_digits },
		{ "Split", "type pattern behavior invert", pre_split },
		{ "ByteLevel", "type add_prefix_space trim_offsets use_regex",
		    pre_bytes },
		{ 0 },
	};
	size_t i;

	if (rk_members_absent(v))
		return 0;
	if (rk_members_read(t, v, parts, "pretokenizers", &t->pres, 0, err) !=
	    0)
		return rk_err_in(err, "pre_tokenizer");
	for (i = 0; i + 1 < t->pres; i++)
		if (t->pre[i].kind == RK_PRE_BYTES)
			return rk_err_set(err,
			    "pre_tokenizer: ByteLevel is "
			    "supported as the last alone");
	return 0;
}

/* --- post-processors --- */

/* The special token ID of a template: its ids, to OUT. */
static int
special(const json_t *v, const char *id, size_t n, struct rk_ids *out,
    struct rk_err *err)
{
	const json_t *o = json_object_get(v, "special_tokens"), *ids;
	char q[64];
	size_t i;

	ids = json_object_get(json_object_getn(o, id, n), "ids");
	rk_err_quote(q, sizeof q, id, n);
	if (!json_is_array(ids))
		return rk_err_set(err, "special_tokens: no ids for \"%s\"", q);
	for (i = 0; i < json_array_size(ids); i++) {
		json_int_t x = json_integer_value(json_array_get(ids, i));
		int32_t y = (int32_t)x;
		if (!json_is_integer(json_array_get(ids, i)) || x < 0 ||
		    x > INT32_MAX)
			return rk_err_set(err,
			    "special_tokens: \"%s\" has an id that is none", q);
		rk_ids_add(out, &y, 1);
	}
	return 0;
}

/* A piece of the template: 1: it is the text. */
static int
piece(struct rk_tok *t, const json_t *v, const json_t *p, int behind,
    struct rk_err *err)
{
	const json_t *s = json_object_get(p, "SpecialToken");
	const json_t *a = json_object_get(p, "Sequence"), *id, *type;

	if (rk_members_known(p, s ? "SpecialToken" : "Sequence", err) != 0 ||
	    rk_members_known(s ? s : a, "id type_id", err) != 0)
		return -1;
	id = json_object_get(s ? s : a, "id");
	type = json_object_get(s ? s : a, "type_id");
	if (!json_is_string(id))
		return rk_err_set(err, "id: expected a text");
	if (!json_is_integer(type) || json_integer_value(type) != 0)
		return rk_err_set(err, "type_id: only 0 is supported");
	if (s != NULL)
		return special(v, json_string_value(id), json_string_length(id),
		    behind ? &t->after : &t->before, err);
	if (strcmp(json_string_value(id), "A") != 0)
		return rk_err_set(err, "Sequence: expected A");
	return 1;
}

static int
post_template(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	const json_t *single = json_object_get(v, "single");
	size_t i;
	int texts = 0, got;

	if (!json_is_array(single))
		return rk_err_set(err, "single: expected an array");
	for (i = 0; i < json_array_size(single); i++) {
		got = piece(t, v, json_array_get(single, i), texts > 0, err);
		if (got < 0)
			return rk_err_in(err, "single[%zu]", i);
		texts += got;
	}
	if (texts != 1)
		return rk_err_set(
		    err, "single: has the text %d times, expected once", texts);
	return 0;
}

static int
post_pair(
    const json_t *v, const char *key, struct rk_ids *out, struct rk_err *err)
{
	const json_t *a = json_object_get(v, key);
	const json_t *id = json_array_get(a, 1);
	int32_t x;

	if (json_array_size(a) != 2 || !json_is_integer(id) ||
	    json_integer_value(id) < 0 || json_integer_value(id) > INT32_MAX)
		return rk_err_set(err, "%s: expected a token and its id", key);
	x = (int32_t)json_integer_value(id);
	rk_ids_add(out, &x, 1);
	return 0;
}

static int
post_bert(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	if (post_pair(v, "cls", &t->before, err) != 0)
		return -1;
	return post_pair(v, "sep", &t->after, err);
}

static int
post_bytes(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	/* offsets, which nobody asks for */
	(void)t;
	(void)v;
	(void)err;
	return 0;
}

int
rk_parts_post(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	static const struct rk_component parts[] = {
		{ "TemplateProcessing", "type single pair special_tokens",
		    post_template },
		{ "BertProcessing", "type sep cls", post_bert },
		{ "RobertaProcessing",
		    "type sep cls trim_offsets add_prefix_space", post_bert },
		{ "ByteLevel", "type add_prefix_space trim_offsets use_regex",
		    post_bytes },
		{ 0 },
	};
	size_t none = 0;

	if (rk_members_absent(v))
		return 0;
	return rk_members_read(t, v, parts, "processors", &none, 0, err) == 0
	    ? 0
	    : rk_err_in(err, "post_processor");
}

/* --- decoders --- */

static struct rk_dec *
dec(struct rk_tok *t, enum rk_dec_kind kind)
{
	struct rk_dec *s = t->dec + t->decs++;

	s->kind = kind;
	return s;
}

static int
dec_wordpiece(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_dec *s = dec(t, RK_DEC_WORDPIECE);

	if (rk_members_need_text(v, "prefix", &s->a, err) != 0)
		return -1;
	return rk_members_bool(v, "cleanup", 1, &s->cleanup, err);
}

static int
dec_bytes(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	dec(t, RK_DEC_BYTES);
	return 0;
}

static int
dec_metaspace(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_dec *s = dec(t, RK_DEC_METASPACE);
	enum rk_pre_scheme scheme = RK_PRE_NEVER;

	if (replacement_of(v, &s->a, err) != 0 ||
	    scheme_of(v, &scheme, err) != 0)
		return -1;
	s->prefixed = scheme != RK_PRE_NEVER;
	return 0;
}

static int
dec_replace(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_dec *s = dec(t, RK_DEC_REPLACE);
	struct rk_regex *r = rk_members_pattern(v, &s->a, err);

	rk_regex_free(r);
	if (r == NULL)
		return -1;
	if (s->a.n == 0)
		return rk_err_set(err, "pattern: Regex is not supported");
	return rk_members_need_text(v, "content", &s->b, err);
}

static int
dec_fallback(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	dec(t, RK_DEC_FALLBACK);
	return 0;
}

static int
dec_fuse(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	(void)v;
	(void)err;
	dec(t, RK_DEC_FUSE);
	return 0;
}

static int
dec_strip(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	struct rk_dec *s = dec(t, RK_DEC_STRIP);
	long start = 0, stop = 0;

	if (rk_members_need_text(v, "content", &s->a, err) != 0 ||
	    rk_members_int(v, "start", 1 << 20, &start, err) < 0 ||
	    rk_members_int(v, "stop", 1 << 20, &stop, err) < 0)
		return -1;
	if (s->a.n == 0)
		return rk_err_set(err, "content: empty");
	s->start = (size_t)start;
	s->stop = (size_t)stop;
	return 0;
}

int
rk_parts_decoder(struct rk_tok *t, const json_t *v, struct rk_err *err)
{
	static const struct rk_component parts[] = {
		{ "WordPiece", "type prefix cleanup", dec_wordpiece },
		{ "ByteLevel", "type add_prefix_space trim_offsets use_regex",
		    dec_bytes },
		{ "Metaspace",
		    "type replacement add_prefix_space prepend_scheme split "
		    "str_rep",
		    dec_metaspace },
		{ "Replace", "type pattern content", dec_replace },
		{ "ByteFallback", "type", dec_fallback },
		{ "Fuse", "type", dec_fuse },
		{ "Strip", "type content start stop", dec_strip },
		{ 0 },
	};

	if (rk_members_absent(v)) {
		dec(t, RK_DEC_JOIN);
		return 0;
	}
	return rk_members_read(t, v, parts, "decoders", &t->decs, 0, err) == 0
	    ? 0
	    : rk_err_in(err, "decoder");
}
