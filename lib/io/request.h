/*
 * request.h - what a record's query asks of a model, as far as it decides who
 * can take it: how long it is, and whether it comes with tools or images.
 */
#ifndef RK_IO_REQUEST_H
#define RK_IO_REQUEST_H

#include <stddef.h>

#include "io/record.h"

struct rk_request {
	int has_text; /* there is a prompt or there are messages */
	size_t bytes; /* UTF-8, of the text of `prompt` or of all turns of
	                 `messages`, whichever is longer, and of the JSON of
	                 `tools` */
	int tools;    /* `tools` is an array that is not empty */
	int images;   /* a turn's content has a part that is an image: its type
	                 is image, image_url or input_image */
	int opaque;   /* ... or any other that is no text: its tokens cannot be
	                 told from its bytes */
};

/*
 * Reads it from the fields `prompt`, `messages` and `tools`, whose JSON counts
 * as it stands in the line. Long strings are counted where they stand, and not
 * decoded. With PROMPT, a field or a JSON pointer, from there, whether it holds
 * a text or turns; the tools of a pointer's are beside it, as in the body of a
 * request, and count as they are written without spaces. 0; -1 where a field is
 * of no type that it may have.
 */
int rk_request_read(struct rk_request *q, const struct rk_rec *r,
    const char *prompt, struct rk_err *err);

#endif
