/* curl.c - the table of libcurl's functions. */
#include "io/curl.h"

#include <pthread.h>

#include "base/dl.h"

/* CURLOPT_PROTOCOLS_STR came with it. */
enum { OLDEST = 0x075500 };

struct rk_curl rk_curl;

static struct rk_err why;

static void
load(void)
{
	static const char *const files[] = { "libcurl.so.4",
		"libcurl-gnutls.so.4", "libcurl.4.dylib", NULL };
	static const struct rk_dl table[] = {
#define ROW(name) { "curl_" #name, &rk_curl.name },
		RK_CURL_CALLS(ROW)
#undef ROW
		    { NULL, NULL }
	};
	const curl_version_info_data *v;

	if (rk_dl_load(files, table, &why) != 0)
		return;
	v = rk_curl.version_info(CURLVERSION_NOW);
	if (v->version_num < OLDEST)
		rk_err_set(
		    &why, "libcurl %s: expected at least 7.85", v->version);
	else if (rk_curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rk_err_set(&why, "libcurl cannot be set up");
}

int
rk_curl_load(struct rk_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return rk_err_is(&why) ? rk_err_set(err, "%s", why.msg) : 0;
}
