/*
 * fuzz_config.c - config.json of an encoder: what is refused has a message;
 * what is taken has sizes that can be reckoned with.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/config.h"
#include "nn/encoder-weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_layout(const struct rk_config *c)
{
	struct rk_weights_layout l;
	size_t i, at = 0;

	if (c->layers > 64)
		return; /* the layout takes memory by the layer */
	rk_encoder_lay(&l, c, RK_WEIGHTS_PANELS);
	for (i = 0; i < l.parts; i++) {
		if (l.part[i].at != at)
			abort();
		at = i + 1 < l.parts ? l.part[i + 1].at : l.floats;
		if (l.part[i].place != RK_WEIGHTS_MAPPED &&
		    at - l.part[i].at < l.part[i].shape[0] * l.part[i].shape[1])
			abort();
	}
	if (at != l.floats)
		abort();
	rk_weights_layout_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rk_err err = { "" };
	struct rk_config c;

	if (rk_config_read(&c, (const char *)data, size, &err) != 0) {
		if (!rk_err_is(&err))
			abort();
		return 0;
	}
	if (rk_err_is(&err) || c.heads == 0 || c.d % c.heads != 0 ||
	    c.tokens == 0 || c.first + c.tokens != c.positions)
		abort();
	check_layout(&c);
	return 0;
}
