/* SPDX-License-Identifier: Apache-2.0 */
/* extended.c: an offer that went on with more formats than its sender's, until it is answered. */
#include "call/private.h"

bool extended_make(
	struct calls *calls, const struct description_written *written, struct extended_offer *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!written->is_extended)
		return true;
	ret->text = buffer_take(&calls->at.worker->buffers, written->sdp.length);
	if (!ret->text)
		return false;
	memcpy(ret->text->bytes, written->sdp.at, written->sdp.length);
	ret->text->length = (uint32_t)written->sdp.length;
	memcpy(ret->added, written->added, sizeof(ret->added));
	return true;
}

void extended_copy(
	struct calls *calls, struct extended_offer *to, const struct extended_offer *from)
{
	struct buffer *old = to->text;
	*to = *from;
	if (to->text)
		buffer_ref(to->text);
	buffer_unref(&calls->at.worker->buffers, old);
}

void extended_done(struct calls *calls, struct extended_offer *extended)
{
	buffer_unref(&calls->at.worker->buffers, extended->text);
	memset(extended, 0, sizeof(*extended));
}
