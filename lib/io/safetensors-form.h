/*
 * safetensors-form.h - what reading and writing safetensors agree on; see
 * safetensors.h.
 */
#ifndef RK_IO_SAFETENSORS_FORM_H
#define RK_IO_SAFETENSORS_FORM_H

#include "io/safetensors.h"

enum {
	RK_ST_LENGTH = 8, /* the header's length, before the header */
	RK_ST_MAX_HEADER = 100000000, /* as in the format's own library */
	RK_ST_ALIGN = 64              /* where the data of our files start */
};

#define RK_ST_META "__metadata__"

/* "tensor 'NAME'" for messages; returns OUT. */
const char *rk_st_titled(char out[96], const char *name);

#endif
