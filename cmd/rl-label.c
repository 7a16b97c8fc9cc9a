/* rl-label - turn models' answers into labels that routers learn from. */
#include <string.h>

#include "cmd.h"
#include "label.h"
#include "net.h"

/* The options of judge come before the common ones, those of key after. */
static void
more_help(struct rk_buf *out)
{
	const struct rk_opt *const tables[] = { label_key_opts, NULL };

	rk_buf_adds(out, "\nrl-label key:\n");
	rk_opt_help(tables, out);
}

static struct cmd cmd = {
	.name = "rl-label",
	.usage = "key|judge [option ...] [file ...]",
	.about = "Turns models' answers into labels that routers learn from: "
		 "by a key, or by a judge.\n\nrl-label judge:",
	.opts = label_judge_opts,
	.shared = net_opts,
	.kind = CMD_FILTER | CMD_PROMPT | CMD_NO_READ | CMD_NETWORK,
	.more_help = more_help,
};

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "key") == 0)
		return label_key(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "judge") == 0)
		return label_judge(argc - 1, argv + 1);
	cmd_start(&cmd, argc, argv); /* for --help and --version */
	cmd_usage(&cmd, "expected key or judge as the first word");
}
