/*
 * pretokenize.h - the pre-tokenizers of a tokenizer, one after the other: a
 * text is cut into words.
 */
#ifndef RK_TEXT_PRETOKENIZE_H
#define RK_TEXT_PRETOKENIZE_H

#include "base/buf.h"
#include "text/regex.h"

enum { RK_PRE_STEPS = 16 };

enum rk_pre_kind {
	RK_PRE_BERT,      /* at white space, which goes, and punctuation */
	RK_PRE_SPACE,     /* at white space, which goes */
	RK_PRE_METASPACE, /* before each space, which is written otherwise */
	RK_PRE_DIGITS,
	RK_PRE_SPLIT,
	RK_PRE_BYTES /* the words are bytes from here on: the last step */
};

enum rk_pre_scheme { RK_PRE_NEVER, RK_PRE_FIRST, RK_PRE_ALWAYS };

struct rk_pre {
	enum rk_pre_kind kind;
	enum rk_pre_scheme scheme; /* METASPACE: what goes before the text */
	int split;                 /* METASPACE */
	int single;                /* DIGITS: each by itself */
	int removed, invert;       /* SPLIT: the matches go, or the others */
	int prefix;                /* BYTES: a space before the text */
	struct rk_regex *pattern;  /* SPLIT; BYTES, may be NULL */
	struct rk_buf text;        /* METASPACE: in the place of a space */
};

/* Start it as { 0 }. */
struct rk_pre_scratch {
	struct rk_buf buf[RK_PRE_STEPS];
};

struct rk_pre_run {
	const struct rk_pre *step;
	size_t steps;
	struct rk_pre_scratch *s;
	struct rk_regex_match *m;
	int first; /* is this the text's beginning? */
	/* Takes a word; what is not 0 ends the run, which returns it. */
	int (*word)(void *arg, const char *p, size_t n);
	void *arg;
	struct rk_err *err;
};

/* Cuts p[0..n). 0; -1: a pattern gives up; or what WORD returned. */
int rk_pre_text(const struct rk_pre_run *r, const char *p, size_t n);
void rk_pre_free(struct rk_pre *step); /* what is in it */
void rk_pre_scratch_free(struct rk_pre_scratch *s);

#endif
