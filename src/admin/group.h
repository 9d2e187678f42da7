/* SPDX-License-Identifier: Apache-2.0 */
/* group.h — what the commands about groups share. */
#ifndef PORTAVOZ_ADMIN_GROUP_H
#define PORTAVOZ_ADMIN_GROUP_H

#include "admin/commands.h"

static inline struct pv_span group_text(const struct ptt_text *text)
{
	return (struct pv_span){text->bytes, text->length};
}

/* False: there are none, which has been said. */
bool group_are_there(struct admin_call *call);
/* Ends the call by an error of query.h or act.h. `member`: who was meant, or NULL. */
void group_fail(struct admin_call *call, int error, const char *member);

#endif
