/*
 * tokenizer.h - texts to token ids and back, as a Hugging Face tokenizer.json
 * says. The ids are those of the reference (the Rust library "tokenizers"),
 * whose components are read by their own names and members:
 *
 *   normalizer     BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase,
 *                  StripAccents, Precompiled, Prepend, Replace, Strip, Sequence
 *   pre_tokenizer  BertPreTokenizer, WhitespaceSplit, Metaspace, Digits, Split
 *                  (behaviours Isolated and Removed), ByteLevel, Sequence
 *   model          WordPiece, Unigram, BPE (byte_fallback, ignore_merges)
 *   post_processor TemplateProcessing, BertProcessing, RobertaProcessing,
 *                  ByteLevel, Sequence; for one text, not for a pair
 *   decoder        WordPiece, ByteLevel, Metaspace, Replace, ByteFallback,
 *                  Fuse, Strip, Sequence
 *   added_tokens   normalized, lstrip, rstrip, single_word, special
 *
 * Any other component, and any member that changes ids in a way not known
 * here, is refused by name; nothing is passed over in silence but the members
 * "truncation" and "padding": these say how one program once called the
 * tokenizer, and the caller here says it anew (max below).
 */
#ifndef RK_TEXT_TOKENIZER_H
#define RK_TEXT_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { RK_TOK_MAX_TEXT = 64 << 20 }; /* bytes of one text */

struct rk_tok;         /* read-only once opened: threads share it */
struct rk_tok_scratch; /* one thread's */

/* A growable run of ids. Start it as { 0 }. */
struct rk_ids {
	int32_t *p;
	size_t n, cap;
};

void rk_ids_add(struct rk_ids *ids, const int32_t *p, size_t n);
void rk_ids_free(struct rk_ids *ids); /* frees and returns to { 0 } */

/*
 * Reads the tokenizer.json at PATH, or the N bytes of its text at JSON. New;
 * NULL where it is not read or understood: the message names the place
 * ("normalizer: normalizers[1]: ...").
 */
struct rk_tok *rk_tok_open(const char *path, struct rk_err *err);
struct rk_tok *rk_tok_open_mem(const char *json, size_t n, struct rk_err *err);
void rk_tok_free(struct rk_tok *t);

/* The JSON text that T was read from, *N bytes. Borrowed: as long as T. */
const char *rk_tok_json(const struct rk_tok *t, size_t *n);

/*
 * Appends to OUT that text with N added tokens more, which are special and have
 * the ids rk_tok_count, rk_tok_count + 1, ... Their texts are plain ASCII
 * without quotes and backslashes, and none is there yet.
 */
void rk_tok_json_add(const struct rk_tok *t, const char *const *piece, size_t n,
    struct rk_buf *out);
/*
 * The added token ID counts as special from now on; before threads share T. -1:
 * it is none.
 */
int rk_tok_make_special(struct rk_tok *t, int32_t id);

/* One more than the largest id there is, added tokens included. */
size_t rk_tok_count(const struct rk_tok *t);
/* The id of a piece or added token, spelt as in the file; -1: none. */
int32_t rk_tok_id(const struct rk_tok *t, const char *piece, size_t n);
/* Its text, *N bytes; NULL: no such id. Borrowed: as long as T. */
const char *rk_tok_piece(const struct rk_tok *t, int32_t id, size_t *n);

/*
 * What the post-processor puts before a text: *N ids. Borrowed: as long as T.
 * How many it puts before and after: rk_tok_specials.
 */
const int32_t *rk_tok_before(const struct rk_tok *t, size_t *n);
size_t rk_tok_specials(const struct rk_tok *t);

struct rk_tok_scratch *rk_tok_scratch_new(void); /* new */
void rk_tok_scratch_free(struct rk_tok_scratch *s);

/*
 * Appends to IDS the ids of text[0..n), with SPECIALS those of the
 * post-processor around them. A text that spells an added token is cut at it,
 * as the reference does by default. -1, and IDS as it was: the text is no
 * UTF-8, longer than RK_TOK_MAX_TEXT, or a split pattern gives up on it. A
 * scratch may be used with several tokenizers, one after the other. The time
 * is linear in n (n log n for a word of BPE), whatever the text.
 */
int rk_tok_encode(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, int specials, struct rk_ids *ids,
    struct rk_err *err);
/*
 * The same, but at most MAX ids, those of the post-processor among them: the
 * text's own are cut at the end. MAX is at least rk_tok_specials. Stops
 * reading the text when it has enough.
 */
int rk_tok_encode_max(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, size_t max, struct rk_ids *ids,
    struct rk_err *err);
/*
 * At most MAX ids of the text itself, in which special tokens are text like any
 * other (the reference's encode_special_tokens): whatever it says, no id of one
 * comes of it. A text of a stranger so cannot end a turn, or answer for itself.
 */
int rk_tok_encode_plain(const struct rk_tok *t, struct rk_tok_scratch *s,
    const char *text, size_t n, size_t max, struct rk_ids *ids,
    struct rk_err *err);
/*
 * Appends the N ids at P, which a call without SPECIALS made, with those of
 * the post-processor around them: so that a long text can be cut into windows.
 */
void rk_tok_wrap(
    const struct rk_tok *t, const int32_t *p, size_t n, struct rk_ids *ids);

/*
 * OUT becomes the text of N ids; special tokens are left out with SKIP. An id
 * that there is not is left out. The bytes are those of the pieces: where ids
 * were cut within a character they are no UTF-8.
 */
void rk_tok_decode(const struct rk_tok *t, const int32_t *p, size_t n, int skip,
    struct rk_buf *out);

#endif
