/*
 * curl.h - the functions of libcurl that are called, as rk_curl.easy_init() for
 * curl_easy_init(). The library is loaded on first use: with all that it needs
 * it takes longer than most programs here take to start. Its checks of types
 * are lost on the way: a number is given to easy_setopt as a long.
 */
#ifndef RK_IO_CURL_H
#define RK_IO_CURL_H

#include <curl/curl.h>

#include "base/err.h"

#define RK_CURL_CALLS(X)       \
	X(easy_cleanup)        \
	X(easy_getinfo)        \
	X(easy_init)           \
	X(easy_reset)          \
	X(easy_setopt)         \
	X(easy_strerror)       \
	X(free)                \
	X(global_init)         \
	X(multi_add_handle)    \
	X(multi_cleanup)       \
	X(multi_info_read)     \
	X(multi_init)          \
	X(multi_perform)       \
	X(multi_poll)          \
	X(multi_remove_handle) \
	X(multi_setopt)        \
	X(multi_wakeup)        \
	X(slist_append)        \
	X(slist_free_all)      \
	X(url)                 \
	X(url_cleanup)         \
	X(url_get)             \
	X(url_set)             \
	X(version_info)

#define RK_CURL_POINTER(name) __typeof__(curl_##name) *name;

extern struct rk_curl {
	RK_CURL_CALLS(RK_CURL_POINTER)
} rk_curl;

/* Loads it once, and sets it up. -1 each time when it cannot be. */
int rk_curl_load(struct rk_err *err);

#endif
