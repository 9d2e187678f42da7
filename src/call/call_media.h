/* SPDX-License-Identifier: Apache-2.0 */
/* call_media.h: the media of a call between its caller and one of those whom it calls: what each
 * message that may carry a session description does to it, and how it goes on to the other side. */
#ifndef CALL_CALL_MEDIA_H
#define CALL_CALL_MEDIA_H

#include <portavoz/message.h>
#include <portavoz/writer.h>

#include "call/call.h"
#include "sip/patch.h"

/*
 * A call has one struct call_media for each branch of its INVITE (proxy) or leg that it opens
 * (b2bua). It has a relay session for each m-line that is relayed, which is a port towards the
 * caller and one towards that callee. Branches do not share ports, for three reasons: they may lead
 * to other addresses and families; two phones that send early media would be strangers at one port
 * and fight for it; and the one that answers must find a stream whose other end knows the caller
 * already. It costs as many ports as phones ring, for as long as they ring. What forks behind us
 * (several To tags on one branch) was told one port and shares it: of those the last that answered
 * is listened to, and the one that sends 2xx in the end.
 *
 * Offer and answer are followed for each dialog, that is for each tag of the callee (RFC 3264, RFC
 * 6337; sdp/offer_answer.h). What becomes of the ports:
 *
 *   an offer with a new stream       a session is taken; the first offer describes its end at once,
 *                                    a later one when it is answered
 *   an answer, a preview             both ends are described: media flows
 *   a stream refused or removed      the session is dropped, when the dialog is confirmed
 *   an offer that failed             what it had taken is dropped, the rest was never changed
 *   a message that comes again       the same bytes go out again, nothing else happens
 *
 * With call_ways.may_transcode ends that share no codec talk all the same: where an answer names
 * only what was added to its offer, its stream is transcoded, from then until an answer that says
 * otherwise. Plain audio only; an answer that has one codec of the offer's own is relayed as ever.
 * Without a transcoder that is free the answer cannot be.
 *
 * All functions: the worker's own thread, no allocation, no lock.
 */

/* Both ends as the signalling knows them. Paths are copied. */
struct call_ways {
	struct path caller; /* that its INVITE came by */
	struct path callee; /* that the INVITE goes out by: its listener is chosen (net_local) */
	/* Known already: its Contact does not lead to it. For media.relay = "auto". */
	bool caller_behind_nat, callee_behind_nat;
	/* It is reached through another proxy: its binding has a Path. */
	bool callee_forwarded;
	/* An offer may go on with codecs that we transcode to; its answer comes back with what the
	 * offerer has. For who owns both dialogs. */
	bool may_transcode;
};

/*
 * Before the INVITE goes out on a branch or leg. Takes no ports: the first offer that passes does.
 * 0, or -ENOBUFS (503). With media.relay "never", or without relay threads, *ret_media is NULL:
 * there is nothing to do for anybody. With "auto" the first description that passes decides, and
 * that is kept: call_media_pass says UNCHANGED to all that follows where nothing is relayed.
 */
int call_media_begin(struct calls *calls, struct call *call, const struct call_ways *ways,
	struct call_media **ret_media);

/* NULL when it has ended. */
struct call_media *call_media_get(struct calls *calls, uint64_t handle);
uint64_t call_media_handle(const struct calls *calls, const struct call_media *media);

/* The branch or leg came to nothing, or its last dialog is over: sessions are dropped, ports go
 * back. NULL is accepted. The call goes on. */
void call_media_end(struct calls *calls, struct call_media *media);

/* That which has a dialog with this tag of the callee. When none has, and `adopt`, the only one
 * that is left: what forks behind us may answer late. Else NULL. */
struct call_media *call_media_find(
	struct calls *calls, const struct call *call, struct pv_span callee_tag, bool adopt);

/* Whether a 2xx has confirmed the dialog with this tag of the callee. */
bool call_media_is_confirmed(
	struct calls *calls, const struct call *call, struct pv_span callee_tag);

/* A dialog is over (BYE of either side, with this tag of the callee's). Ends the media whose last
 * confirmed dialog it was. True: the call has no confirmed dialog left, and is to end; a call that
 * is not up never says so. */
bool call_media_bye(struct calls *calls, struct call *call, struct pv_span callee_tag);

/* A message of the dialog that passes. */
struct call_message {
	const struct pv_message *message;
	enum call_side from; /* who sends it; of a response, who answers */
	/* The callee's tag in the dialog: of its response the To tag; of its request the From tag;
	 * of the caller's request the To tag; empty in the INVITE that begins it all. */
	struct pv_span callee_tag;
	/* What tells its request (or the one that it answers) from others of who sent that. 0: its
	 * CSeq number. The b2bua, whose legs count each for itself, gives the asker's. */
	uint32_t number;
	/* The way that it came, for the host that it came from. NULL: as call_ways said. */
	const struct path *source;
	/* The message shows that it came through another proxy (its Vias; of a response, what was
	 * recorded behind us): its source is not where media will come from. A response that shows
	 * none is as what that side sent before it. */
	bool is_forwarded;
};

enum call_media_verdict {
	CALL_MEDIA_UNCHANGED, /* goes on with the body that it has, or none */
	CALL_MEDIA_CHANGED,   /* goes on with `sdp` in place of `old` */
	/*
	 * A request: to be refused with `status`; nothing has happened. A response or an ACK: the
	 * answer in it cannot be: media of the dialog are as they were before the offer, a 2xx of
	 * the first INVITE must not become a call. What that means is the application's: the b2bua
	 * ends both legs; the proxy answers the INVITE 488 and hangs the phone up.
	 */
	CALL_MEDIA_REFUSED,
};

struct call_media_result {
	enum call_media_verdict verdict;
	/* CHANGED */
	struct pv_ref old;  /* in the message: the description, which may be one part of its body */
	struct pv_span sdp; /* the new one; in the table's scratch, until the next call_media_pass
			       on this worker */
	/* REFUSED */
	uint16_t status;      /* 400, 488; 491 or 500 for glare; 503 without ports */
	uint16_t retry_after; /* seconds, for 500 (RFC 3261 §14.2: 0 to 10, at random) and 503 */
	int sdp_verdict;      /* negative, for pv_sdp_warning_write; 0: no Warning */
	/* An answer that had to come with this message did not (an ACK or 2xx without it): the call
	 * cannot be. UNCHANGED or CHANGED all the same: who cannot end the call passes it. */
	bool is_missing;
	/* A description of that side is taken for one that came through another proxy: the message
	 * shows it, or what was before it did. Who repeats it later must show the same. */
	bool is_forwarded;
};

/*
 * Says what becomes of a message: INVITE, PRACK, UPDATE, ACK and all their responses, failures
 * among them; other methods are UNCHANGED without a look. Call it for each message before it is
 * forwarded, for retransmissions too. `media` may be NULL: UNCHANGED.
 */
void call_media_pass(struct calls *calls, struct call_media *media,
	const struct call_message *message, struct call_media_result *ret);

/* A request of `from` (INVITE, PRACK, UPDATE) that passed will have no answer: timeout, transport
 * error, or we refused it ourselves. As a final failure that passes. */
void call_media_failed(struct calls *calls, struct call_media *media, enum pv_method method,
	enum call_side from, struct pv_span callee_tag);

/* Adds to the patch what `result` says: the description and the Content-Length, which is added
 * where there was none; where nothing is left of the body its Content-Type goes. `line` lives as
 * long as the patch. For CHANGED; does nothing for others. */
#define CALL_LENGTH_LINE 32
void call_media_patch(
	const struct call_media_result *result, struct patch *patch, char line[CALL_LENGTH_LINE]);
/* The whole new body, for messages that are built anew; for UNCHANGED the body as it is. */
size_t call_media_body_length(
	const struct call_media_result *result, const struct pv_message *message);
void call_media_body_write(const struct call_media_result *result, const struct pv_message *message,
	struct pv_writer *w);
/* Whole header lines that a refusal carries: Warning, Retry-After. `agent` names us: sent-by. */
void call_media_refusal_write(
	const struct call_media_result *result, struct pv_span agent, struct pv_writer *w);

#endif
