/*
 * fuzz_config.c - config.json of an encoder, and of a decoder: what is refused
 * has a message; what is taken has sizes that can be reckoned with.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nn/decoder-weights.h"
#include "nn/encoder-weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MANY = 64 }; /* layers: a layout takes memory by the layer */

/* Parts lie one after another, each with room for what it has. */
static void
check_layout(struct rk_weights_layout *l)
{
	size_t i, at = 0;

	for (i = 0; i < l->parts; i++) {
		const struct rk_weights_part *p = &l->part[i];
		if (p->at != at)
			abort();
		at = i + 1 < l->parts ? l->part[i + 1].at : l->floats;
		if (p->place != RK_WEIGHTS_MAPPED &&
		    at - p->at < p->shape[0] * p->shape[1])
			abort();
	}
	if (at != l->floats)
		abort();
	rk_weights_layout_free(l);
}

static void
check_encoder(const struct rk_config *c)
{
	struct rk_weights_layout l;

	if (c->heads == 0 || c->d % c->heads != 0 || c->tokens == 0 ||
	    c->first + c->tokens != c->positions)
		abort();
	if (c->layers > MANY)
		return;
	rk_encoder_lay(&l, c, RK_WEIGHTS_PANELS);
	check_layout(&l);
}

static void
check_decoder(const struct rk_decoder_config *c)
{
	struct rk_weights_layout l;
	double freq[512];
	long last;
	size_t i;

	if (c->groups == 0 || c->heads % c->groups != 0 || c->head == 0 ||
	    c->head % 2 != 0 || c->head > 1024 || c->tokens == 0)
		abort();
	rk_decoder_config_freqs(freq, c);
	for (i = 0; i < c->head / 2; i++)
		if (!isfinite(freq[i]))
			abort();
	if (c->layers > MANY)
		return;
	rk_decoder_lay(&l, c, RK_WEIGHTS_PANELS, 1 << 20);
	last = rk_decoder_part(&l, c->layers - 1, RK_DECODER_DOWN);
	if (last != (long)l.parts - 2 || l.part[last].shape[0] != c->d ||
	    l.part[last].shape[1] != c->ffn)
		abort();
	check_layout(&l);
	rk_decoder_lay(&l, c, RK_WEIGHTS_PLAIN, 0);
	check_layout(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct rk_decoder_config decoder;
	struct rk_config encoder;
	struct rk_err err = { "" };

	if (rk_config_read(&encoder, p, size, &err) == 0)
		check_encoder(&encoder);
	else if (!rk_err_is(&err))
		abort();
	err.msg[0] = '\0';
	if (rk_decoder_config_read(&decoder, p, size, &err) == 0)
		check_decoder(&decoder);
	else if (!rk_err_is(&err))
		abort();
	return 0;
}
