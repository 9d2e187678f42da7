/* SPDX-License-Identifier: Apache-2.0 */
/* attribute.c — the attributes that this floor acts on, by name (RFC 8866 §5.13). */
#include "sdp/private.h"

static const struct row {
	struct pv_span name;
	enum sdp_class class;
} rows[SDP_ATTRIBUTE_COUNT] = {
#define ROW(id, name, class) [SDP_##id] = {PV_SPAN_INIT(name), class},
	SDP_ATTRIBUTES(ROW)
#undef ROW
};

static enum sdp_attribute_id id_of(struct pv_span name)
{
	for (unsigned id = 1; id < SDP_ATTRIBUTE_COUNT; id++)
		if (rows[id].name.length == name.length &&
			pv_span_equal_nocase(rows[id].name, name))
			return (enum sdp_attribute_id)id;
	return SDP_ATTRIBUTE_OTHER;
}

void sdp_attribute_read(struct pv_span text, struct sdp_attribute *ret)
{
	const char *at = text.at, *end = pv_span_end(text);
	while (at < end && *at != ':' && !sdp_is_blank(*at))
		at++;
	ret->name = pv_span_from(text.at, at);
	while (at < end && sdp_is_blank(*at))
		at++;
	if (at < end && *at == ':')
		at++;
	while (at < end && sdp_is_blank(*at))
		at++;
	ret->value = pv_span_from(at, end);
	ret->id = id_of(ret->name);
	ret->class = rows[ret->id].class;
	if (!ret->id && pv_span_starts_with_nocase(ret->name, PV_SPAN("ice-")))
		ret->class = SDP_BYPASS;
}

enum pv_sdp_direction sdp_attribute_direction(enum sdp_attribute_id id)
{
	return id == SDP_INACTIVE   ? PV_SDP_INACTIVE
	       : id == SDP_SENDONLY ? PV_SDP_SENDONLY
	       : id == SDP_RECVONLY ? PV_SDP_RECVONLY
				    : PV_SDP_SENDRECV;
}
