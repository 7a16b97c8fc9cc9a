/* text.h - a text as token ids. */
#ifndef RK_NN_TEXT_H
#define RK_NN_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct rk_text {
	const uint32_t *ids; /* [t], each below the model's vocab */
	size_t t;            /* 1..the model's tokens */
};

#endif
