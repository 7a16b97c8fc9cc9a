/*
 * scan.h - where the top-level members of a JSON object lie in its text. The
 * scan looks at strings, escapes and depth alone; whether the text is valid is
 * jansson's to say, and the spans mean something only when it is.
 */
#ifndef RK_IO_SCAN_H
#define RK_IO_SCAN_H

#include <stddef.h>

/* A top-level member: spans of the text, quotes included. */
struct rk_member {
	size_t key, key_n;
	size_t val, val_n;
	int hidden; /* the reader's: jansson sees a placeholder for it */
};

/*
 * A piece of the text that jansson is to see otherwise: a whole number beyond
 * its 64 bits, which it would refuse.
 */
struct rk_cut {
	size_t at, n;
	int huge; /* beyond the doubles too */
};

struct rk_scan {
	struct rk_member *member;
	size_t members, member_cap;
	struct rk_cut *cut;
	size_t cuts, cut_cap;
	size_t close; /* the '}' that ends the object */
};

/*
 * Scans p[0..n). 0; or -1 where it is no object with something like members,
 * so that S holds nothing of use. Arrays in S are used again.
 */
int rk_scan_object(struct rk_scan *s, const char *p, size_t n);
void rk_scan_free(struct rk_scan *s);

/* Where JSON's white space at the start of p[0..n) ends. */
size_t rk_scan_space(const char *p, size_t n);

/*
 * Are the N bytes at P what may stand between the quotes of a JSON string:
 * valid UTF-8, escapes of RFC 8259 with surrogates in pairs, no control
 * characters and no quote?
 */
int rk_scan_text(const char *p, size_t n);

/*
 * The text that p[0..n) says, for which rk_scan_text holds: OUT has room for n
 * bytes; returns how many it takes.
 */
size_t rk_scan_unescape(char *out, const char *p, size_t n);

/* Are the N bytes at P printable ASCII without quotes and backslashes? */
int rk_scan_plain(const char *p, size_t n);

#endif
