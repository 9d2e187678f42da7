/* SPDX-License-Identifier: Apache-2.0 */
/* event.c: which event of the offer/answer machine a message is (RFC 3261 §13, RFC 3262, RFC 3311).
 */
#include "call/private.h"

static int of_request(enum pv_method method, bool has_sdp)
{
	switch (method) {
	case PV_METHOD_INVITE:
		return has_sdp ? GOT_INVITE_SDP : GOT_INVITE_BARE;
	case PV_METHOD_ACK:
		return has_sdp ? GOT_ACK_SDP : GOT_ACK_BARE;
	case PV_METHOD_PRACK:
		return has_sdp ? GOT_PRACK_SDP : GOT_PRACK_BARE;
	case PV_METHOD_UPDATE:
		return has_sdp ? GOT_UPDATE_SDP : -1;
	default:
		return -1;
	}
}

/* RFC 3262 §3. */
static bool is_reliable(const struct pv_message *response)
{
	struct pv_values walk;
	struct pv_span value;
	if (!pv_message_has(response, PV_HEADER_RSEQ))
		return false;
	pv_values_begin(&walk, response, PV_HEADER_REQUIRE);
	while (pv_values_next(&walk, &value))
		if (pv_span_equal_nocase(value, PV_SPAN("100rel")))
			return true;
	return false;
}

static int of_invite_response(
	const struct pv_message *response, bool has_sdp, const struct offer_answer *machine)
{
	if (response->status >= 300)
		return (int)offer_answer_failure(machine);
	if (response->status >= 200)
		return has_sdp ? GOT_OK_SDP : GOT_OK_BARE;
	if (!has_sdp || response->status == 100)
		return -1;
	return is_reliable(response) ? GOT_RELIABLE_SDP : GOT_EARLY_SDP;
}

int event_of(const struct pv_message *message, bool has_sdp, const struct offer_answer *machine)
{
	if (message->is_request)
		return of_request(message->method, has_sdp);
	switch (message->method) {
	case PV_METHOD_INVITE:
		return of_invite_response(message, has_sdp, machine);
	case PV_METHOD_PRACK:
		if (message->status >= 300)
			return GOT_PRACK_FAILED;
		return message->status < 200 ? -1 : has_sdp ? GOT_PRACK_OK_SDP : GOT_PRACK_OK_BARE;
	case PV_METHOD_UPDATE:
		if (message->status >= 300)
			return GOT_UPDATE_FAILED;
		return message->status < 200 ? -1
		       : has_sdp             ? GOT_UPDATE_OK_SDP
					     : GOT_UPDATE_OK_BARE;
	default:
		return -1;
	}
}
