/* SPDX-License-Identifier: Apache-2.0 */
/* refusals.c: interfaces that are wanted and have no program, and who was told of them. */
#include "media/fastpath/refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void refusals_add(struct fastpath_refusals *refusals, const char *name, int error)
{
	if (refusals->count == FASTPATH_REFUSALS_MAX)
		return;
	struct fastpath_refusal *refusal = &refusals->rows[refusals->count++];
	*refusal = (struct fastpath_refusal){.error = error};
	snprintf(refusal->name, sizeof(refusal->name), "%s", name);
}

void refusals_keep_said(struct fastpath_refusals *refusals, const struct fastpath_refusals *before)
{
	for (unsigned i = 0; i < refusals->count; i++) {
		struct fastpath_refusal *one = &refusals->rows[i];
		for (unsigned j = 0; j < before->count; j++)
			one->is_said |= before->rows[j].is_said &&
					before->rows[j].error == one->error &&
					strcmp(before->rows[j].name, one->name) == 0;
	}
}

const struct fastpath_refusal *refusals_unsaid(struct fastpath_refusals *refusals)
{
	for (unsigned i = 0; i < refusals->count; i++)
		if (!refusals->rows[i].is_said) {
			refusals->rows[i].is_said = true;
			return &refusals->rows[i];
		}
	return NULL;
}

const char *fastpath_refusal_word(int error)
{
	switch (error) {
	case -ENODEV:
		return "there is no such interface";
	case -ENOTSUP:
		return "its packets have no Ethernet header";
	case -ENOSPC:
		return "too many interfaces have it already";
	case -EIDRM:
		return "somebody has taken the program away";
	default:
		return strerror(-error);
	}
}
