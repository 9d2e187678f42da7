/* SPDX-License-Identifier: Apache-2.0 */
/* replay_transaction.c — plays the scripts of its arguments against the transaction layer,
 * strictly. */
#include "lib/transaction_stage.h"

int main(int argc, char **argv)
{
	return play_main(&transaction_stage, argc, argv);
}
