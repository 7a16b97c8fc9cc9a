/* rl-label - turn models' answers into labels that routers learn from. */
#include <string.h>

#include "cmd.h"
#include "label.h"

static struct cmd cmd = {
	.name = "rl-label",
	.usage = "key [option ...] [file ...]",
	.about = "Turns models' answers into labels that routers learn from.",
	.opts = label_key_opts,
	.kind = CMD_FILTER | CMD_NO_READ,
};

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "key") == 0)
		return label_key(argc - 1, argv + 1);
	cmd_start(&cmd, argc, argv); /* for --help and --version */
	cmd_usage(&cmd, "expected key");
}
