/* SPDX-License-Identifier: Apache-2.0 */
/* capability.h: the two capabilities that programs of ours in the kernel take: who has them, who
 * keeps them. They are each thread's own. */
#ifndef BASE_CAPABILITY_H
#define BASE_CAPABILITY_H

#include <stdbool.h>

struct capabilities {
	bool bpf; /* CAP_BPF, or CAP_SYS_ADMIN, of which it was a part before 5.8 */
	bool net; /* CAP_NET_ADMIN */
};

/* What the calling thread may use now. */
void capabilities_read(struct capabilities *ret);

/* Of what the calling thread has it keeps these two; they are usable at once, after a change of the
 * user as well (PR_SET_KEEPCAPS). 0 or -errno. */
int capabilities_keep_network(void);

/* The calling thread is without them from now on: every thread but main. What else it has it
 * keeps. Best effort: there is nothing to be done when it fails. */
void capabilities_forget_network(void);

#endif
