/* SPDX-License-Identifier: Apache-2.0 */
/* line.c — a description cut into lines, and lines into words (RFC 8866 §5, §9). */
#include "sdp/private.h"

static struct pv_span trim_blanks(const char *at, const char *end)
{
	while (at < end && sdp_is_blank(*at))
		at++;
	while (end > at && sdp_is_blank(end[-1]))
		end--;
	return pv_span_from(at, end);
}

/* Fills *ret with the first line, which has two bytes or more; behind it. *ret_stop is where its
 * text ends. LF alone ends a line as well (§5 asks for it). */
static inline const char *cut_line(struct pv_span rest, struct sdp_line *ret, const char **ret_stop)
{
	const char *at = rest.at, *end = pv_span_end(rest);
	const char *feed = pv_span_find(rest, '\n');
	const char *behind = feed ? feed + 1 : end, *stop = feed ? feed : end;
	if (feed && stop > at && stop[-1] == '\r')
		stop--;
	*ret_stop = stop;
	if (stop - at < 2)
		return NULL;
	ret->type = *at;
	ret->whole = pv_span_from(at, behind);
	ret->value = trim_blanks(at + 2, stop);
	return behind;
}

/* A CR within a line is refused: some end a line there, and would see other lines than we. */
int sdp_line_read(struct pv_span *rest, struct sdp_line *ret)
{
	const char *at = rest->at, *stop;
	const char *behind = cut_line(*rest, ret, &stop);
	if (!behind || at[1] != '=' || at[0] < 'a' || at[0] > 'z')
		return -PV_SDP_BAD_LINE;
	struct pv_span text = pv_span_from(at, stop);
	if (pv_span_find(text, '\r') || pv_span_find(text, '\0'))
		return -PV_SDP_BAD_LINE;
	*rest = pv_span_from(behind, pv_span_end(*rest));
	return 0;
}

bool sdp_line_next(struct pv_span *rest, struct sdp_line *ret)
{
	const char *stop, *behind = rest->length ? cut_line(*rest, ret, &stop) : NULL;
	if (!behind)
		return false;
	*rest = pv_span_from(behind, pv_span_end(*rest));
	return true;
}

struct pv_span sdp_word(struct pv_span *rest)
{
	const char *at = rest->at, *end = pv_span_end(*rest);
	while (at < end && sdp_is_blank(*at))
		at++;
	const char *stop = at;
	while (stop < end && !sdp_is_blank(*stop))
		stop++;
	*rest = trim_blanks(stop, end);
	return pv_span_from(at, stop);
}

bool sdp_number(struct pv_span text, uint32_t max, uint32_t *ret)
{
	uint32_t number;
	if (!pv_span_to_u32(text, &number) || number > max)
		return false;
	*ret = number;
	return true;
}
