/* SPDX-License-Identifier: Apache-2.0 */
/* session.c — Session-Expires and Min-SE: what the two ends agree on (RFC 4028 §4, §7, §9). */
#include "dialog/session.h"

#include "base/macros.h"

bool session_lists(const struct pv_message *message, enum pv_header header, struct pv_span token)
{
	struct pv_values walk;
	struct pv_span value;
	pv_values_begin(&walk, message, header);
	while (pv_values_next(&walk, &value))
		if (pv_span_equal_nocase(value, token))
			return true;
	return false;
}

enum refresher { UNSAID, UAC, UAS };

/* Seconds; 0 when there is no such header or it cannot be read. */
static uint32_t read_seconds(
	const struct pv_message *m, enum pv_header header, enum refresher *ret_refresher)
{
	struct pv_span value = pv_message_value(m, header), who;
	const char *semicolon = pv_span_find(value, ';');
	struct pv_span number = pv_span_trim(semicolon ? pv_span_from(value.at, semicolon) : value);
	struct pv_span params =
		semicolon ? pv_span_from(semicolon, pv_span_end(value)) : (struct pv_span){0};
	uint32_t seconds;
	if (!pv_number_parse(number, &seconds))
		return 0;
	*ret_refresher = UNSAID;
	if (pv_params_find(params, PV_SPAN("refresher"), &who)) {
		if (pv_span_equal_nocase(who, PV_SPAN("uac")))
			*ret_refresher = UAC;
		else if (pv_span_equal_nocase(who, PV_SPAN("uas")))
			*ret_refresher = UAS;
	}
	return seconds;
}

uint32_t session_min_se(const struct pv_message *message)
{
	enum refresher ignored;
	return read_seconds(message, PV_HEADER_MIN_SE, &ignored);
}

uint32_t session_terms_of_request(const struct session_wish *wish, const struct pv_message *request,
	struct session_terms *ret)
{
	enum refresher refresher = UNSAID;
	uint32_t asked = read_seconds(request, PV_HEADER_SESSION_EXPIRES, &refresher);
	uint32_t least = MAX(session_min_se(request), wish->least_s);
	bool supports = session_lists(request, PV_HEADER_SUPPORTED, PV_SPAN("timer"));
	if (asked && asked < wish->least_s && supports)
		return wish->least_s;
	uint32_t interval = asked;
	/* §9: an answer may lower the interval, not below what somebody on the way needs */
	if (wish->interval_s && (!asked || wish->interval_s < asked))
		interval = wish->interval_s;
	if (interval)
		interval = MAX(MIN(interval, SESSION_MOST_S), least);
	*ret = (struct session_terms){
		.interval_s = interval,
		.we_refresh = !supports || refresher != UAC,
		.they_support = supports,
	};
	return 0;
}

struct session_terms session_terms_of_response(
	const struct session_wish *wish, const struct pv_message *response)
{
	enum refresher refresher = UNSAID;
	uint32_t seconds = read_seconds(response, PV_HEADER_SESSION_EXPIRES, &refresher);
	if (!seconds)
		return (struct session_terms){.interval_s = wish->interval_s, .we_refresh = true};
	return (struct session_terms){
		.interval_s = MAX(seconds, SESSION_LEAST_S),
		.we_refresh = refresher != UAS,
		.they_support = true,
	};
}

struct session_wish session_wish_of(const struct session_timer *timer, uint32_t interval_s)
{
	uint32_t least = MAX(SESSION_LEAST_S, timer->least_s);
	return (struct session_wish){interval_s ? MAX(interval_s, least) : 0, least};
}

bool session_lengthen(struct session_timer *timer, const struct pv_message *response)
{
	uint32_t least = response->status == 422 ? session_min_se(response) : 0;
	if (least <= MAX(timer->least_s, SESSION_LEAST_S))
		return false;
	timer->least_s = least;
	timer->terms.interval_s = MAX(timer->terms.interval_s, least);
	return true;
}

static void put_seconds(struct pv_writer *w, const char *name, uint32_t seconds)
{
	pv_put_text(w, name);
	pv_put_u64(w, seconds);
}

void session_put_request(
	struct pv_writer *w, const struct session_wish *wish, const struct session_terms *agreed)
{
	uint32_t interval = agreed && agreed->interval_s ? agreed->interval_s : wish->interval_s;
	if (!interval)
		return;
	put_seconds(w, "Session-Expires: ", MAX(interval, wish->least_s));
	if (agreed && agreed->interval_s)
		pv_put_text(w, agreed->we_refresh ? ";refresher=uac" : ";refresher=uas");
	put_seconds(w, "\r\nMin-SE: ", wish->least_s);
	pv_put_text(w, "\r\n");
}

void session_put_response(struct pv_writer *w, const struct session_terms *terms)
{
	if (!terms->interval_s)
		return;
	if (!terms->we_refresh)
		pv_put_text(w, "Require: timer\r\n");
	put_seconds(w, "Session-Expires: ", terms->interval_s);
	pv_put_text(w, terms->we_refresh ? ";refresher=uas\r\n" : ";refresher=uac\r\n");
}
