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

/* The first row of each letter that has one: rows are in the order of the alphabet. */
static const uint8_t first_row[26] = {
	['a' - 'a'] = SDP_ALT,
	['b' - 'a'] = SDP_BUNDLE_ONLY,
	['c' - 'a'] = SDP_CANDIDATE,
	['e' - 'a'] = SDP_END_OF_CANDIDATES,
	['f' - 'a'] = SDP_FINGERPRINT,
	['i' - 'a'] = SDP_ICE_UFRAG,
	['m' - 'a'] = SDP_MAXPTIME,
	['p' - 'a'] = SDP_PTIME,
	['r' - 'a'] = SDP_RECVONLY,
	['s' - 'a'] = SDP_SENDONLY,
};

static enum sdp_attribute_id id_of(struct pv_span name)
{
	unsigned char letter = name.length ? pv_lower((unsigned char)name.at[0]) : 0;
	unsigned id = letter >= 'a' && letter <= 'z' ? first_row[letter - 'a'] : 0;
	if (!id)
		return SDP_ATTRIBUTE_OTHER;
	for (; id < SDP_ATTRIBUTE_COUNT && rows[id].name.at[0] == (char)letter; id++)
		if (pv_span_equal_nocase(rows[id].name, name))
			return (enum sdp_attribute_id)id;
	return SDP_ATTRIBUTE_OTHER;
}

/* More attributes that lead past a relay than have a row: RFC 8839's, and Lync's of its own. */
static bool is_bypass(struct pv_span name)
{
	return pv_span_starts_with_nocase(name, PV_SPAN("ice-")) ||
	       pv_span_starts_with_nocase(name, PV_SPAN("x-candidate"));
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
	if (!ret->id && is_bypass(ret->name))
		ret->class = SDP_BYPASS;
}

enum pv_sdp_direction sdp_attribute_direction(enum sdp_attribute_id id)
{
	return id == SDP_INACTIVE   ? PV_SDP_INACTIVE
	       : id == SDP_SENDONLY ? PV_SDP_SENDONLY
	       : id == SDP_RECVONLY ? PV_SDP_RECVONLY
				    : PV_SDP_SENDRECV;
}
