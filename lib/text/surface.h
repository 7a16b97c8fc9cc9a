/*
 * surface.h - what a text looks like, whatever it says: a few numbers that tell
 * how hard a query is likely to be in the domain that they were seen in.
 */
#ifndef RK_TEXT_SURFACE_H
#define RK_TEXT_SURFACE_H

#include <stddef.h>

enum rk_surface_feature {
	RK_SURFACE_LENGTH,  /* log(1 + code points) */
	RK_SURFACE_WORDS,   /* log(1 + runs of bytes that are no white space) */
	RK_SURFACE_DIGITS,  /* share of the code points: ASCII digits */
	RK_SURFACE_PUNCT,   /* share: ASCII punctuation that is no code mark */
	RK_SURFACE_CODE,    /* share: { } [ ] ( ) < > = ; _ ` $ \ # | & ^ ~ */
	RK_SURFACE_OPTIONS, /* log(1 + lines that begin "A.", "B)" or "(C)") */
	RK_SURFACE_BREAKS,  /* log(1 + line breaks) */
	RK_SURFACE_FOREIGN, /* share: code points beyond ASCII */
	RK_SURFACE_FEATURES
};

/* out[RK_SURFACE_FEATURES] of the N bytes at P; all 0 for an empty text. */
void rk_surface(float *out, const char *p, size_t n);

#endif
