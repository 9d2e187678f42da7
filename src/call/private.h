/* SPDX-License-Identifier: Apache-2.0 */
/* private.h: what the files of this floor share: the table of a worker, the media of a branch, its
 * dialogs and streams. */
#ifndef CALL_PRIVATE_H
#define CALL_PRIVATE_H

#include <portavoz/sdp.h>

#include "base/slab.h"
#include "call/call_media.h"
#include "call/end.h"
#include "codec/pair.h"
#include "sdp/offer_answer.h"

#define CALL_TICK_MS 1000 /* how exact deadlines are */
/* An owner that was told to end a call has this long to do it (64*T1, RFC 3261 §17.1.1.2). */
#define CALL_LAST_WORDS_MS 32000
/* Tags of the callee that one branch may have: phones that ring behind another proxy. Each costs
 * memory of the worker and a look, and the callee alone chooses how many there are. */
#define CALL_DIALOGS_MAX 16
/* Sessions that one call may hold, over all that ring for it: m-lines of one INVITE times contacts
 * of its user are both for outsiders to choose, and ports are everybody's. */
#define CALL_STREAMS_MAX 32

/* Owner: the worker. Lifetime: the daemon's. */
struct calls {
	struct calls_settings settings;
	struct calls_floors at;
	struct media_address locals[MEDIA_LOCALS_MAX];
	unsigned local_count;
	struct slab calls, media, dialogs, streams;
	struct list named; /* by call.link, oldest first */
	struct call **buckets;
	size_t buckets_size;
	uint32_t bucket_mask;
	struct wheel deadlines;
	struct worker_lane tick;
	struct lane_node tick_node; /* armed while there is a call */
	struct pv_sdp sdp;          /* of the message that passes */
	struct pv_sdp written;      /* of what goes on, or of an offer that did */
	/* formats that are added to what goes on, by m-line */
	struct pv_sdp_format added[PV_SDP_MEDIA_MAX][CODEC_ADDITIONS_MAX];
	char scratch[PV_SDP_BYTES_MAX];
};

/* One m-line that is relayed. Owner: its media; behind its drop, its call, until the final report
 * is there. */
struct call_stream {
	uint64_t call;   /* handle */
	uint64_t branch; /* handle of the media */
	struct media_lease lease;
	uint8_t kind; /* enum pv_sdp_kind */
	bool is_new;  /* taken for the offer that waits */
	bool is_set;  /* media_set was called */
	bool is_silent;
	bool is_recorded; /* of the media that came to be: its report is for the record */
	bool has_end[MEDIA_ENDS];
	bool waits[MEDIA_ENDS];
	struct stream_end ends[MEDIA_ENDS];    /* in force */
	struct stream_end waiting[MEDIA_ENDS]; /* when the offer is answered */
	struct media_description said;         /* to the relay thread */
};

/* A request of a side that may carry a description, to know it when it comes again. */
struct dialog_request {
	uint32_t number; /* CSeq, or what call_message says */
	uint8_t method;
};

/* An offer that went on with more formats than its sender's: the answer is held against it. Not
 * extended: all zero. Its text is kept with a reference. */
struct extended_offer {
	struct buffer *text;             /* as the other side got it */
	uint8_t added[PV_SDP_MEDIA_MAX]; /* how many of its last formats are ours */
};

/* One tag of the callee. */
struct call_dialog {
	struct list link;
	uint64_t tag; /* hash */
	struct offer_answer machine;
	bool has_outline;
	bool had_outline;
	/* of each side: its INVITE, and what it sent beside it (PRACK, UPDATE) */
	struct dialog_request requests[2][2];
	struct pv_sdp_outline outline; /* of the last offer */
	struct pv_sdp_outline before;  /* of the one before it, while the last one waits */
	struct extended_offer extended, extended_before;
};

enum branch_relay {
	BRANCH_UNDECIDED,
	BRANCH_RELAYED,
	BRANCH_DIRECT,
};

struct call_media {
	struct list link; /* of the call */
	uint64_t call;
	struct call_ways ways;
	uint8_t relay;               /* enum branch_relay */
	bool is_up;                  /* one of its dialogs is confirmed */
	bool is_forwarded[2];        /* what that side says comes through another proxy */
	struct call_place places[2]; /* towards the caller, towards the callee */
	struct list dialogs;
	uint8_t dialog_count;
	bool has_other;          /* m-lines that are no RTP, which pass us by: T.38, MSRP */
	bool other_waits;        /* likewise, when the offer is answered */
	struct call_dialog root; /* as the INVITE left it: what each new tag begins with */
	unsigned stream_count;   /* m-lines that were offered, whatever became of them */
	struct call_stream *streams[PV_SDP_MEDIA_MAX];
};

/* ---- table.c ---- */
/* The last word about a call whose name is gone: writes its record when nothing holds it back. */
void call_settle(struct calls *calls, struct call *call);

/* ---- deadline.c ---- */
int deadlines_init(struct calls *calls);
void deadline_set(struct calls *calls, struct call *call, uint64_t at_ms);
/* Of a call that is up: the next look at it, or its end. */
void deadline_look(struct calls *calls, struct call *call);
/* Tells the owner, once. May end the call. */
void call_ask_to_end(struct calls *calls, struct call *call, enum call_why why);

/* ---- shared.c ---- */
/* 0, -EDQUOT or -ENOBUFS. */
int shared_enter(struct call_shared *shared, struct pv_span user, uint32_t *ret_place);
void shared_leave(struct call_shared *shared, uint32_t place);

/* ---- record.c ---- */
void record_write(const struct calls *calls, const struct call *call);
/* "caller", "callee": that side alone is missing. Else NULL. */
const char *call_missing(const struct call *call);
/* A side of it is missing (call->missing). */
void record_one_way(const struct calls *calls, const struct call *call);

/* The report of a stream that the line about its call has no room for, or that is not audio. */
void record_stream(const struct calls *calls, const struct call *call, const char *kind,
	const struct media_report *report);

/* ---- told.c: what the relay threads say ---- */
void calls_told(void *context, media_id session, uint64_t owner, uint32_t told);
void calls_ended(
	void *context, media_id session, uint64_t owner, const struct media_report *report);

/* The report of a session, for the record of its call. */
void call_keep_report(
	struct calls *calls, const struct call_stream *stream, const struct media_report *report);

/* An answered call that should be relayed and has nothing to relay: its answer never came, or could
 * not be, or refused everything. No relay thread will ever say that it is silent. */
bool call_is_bare(const struct call *call);

/* ---- scope.c ---- */
/* Whether an address that was announced from `source` must not be believed: it is of a narrower
 * scope. */
bool scope_is_narrower(const struct net_address *announced, const struct net_address *source);
/* Whether it is of no private network. */
bool scope_is_world(const struct net_address *address);

/* ---- describe.c ---- */
/* Is this address of an SDP one that its sender, at `source`, can be reached by without a relay? */
bool description_is_behind_nat(const struct pv_sdp *sdp, const struct description_from *from);

/* ---- stream.c ---- */
/* Sessions for the m-lines of an offer that have none yet. 0 or -ENOBUFS (no ports, or the call has
 * CALL_STREAMS_MAX, which is counted): then nothing was taken. */
int streams_take(struct calls *calls, struct call_media *media, const struct pv_sdp *offer);
/* Those of the offer that waits are dropped, and what it said is forgotten. */
void streams_roll_back(struct calls *calls, struct call_media *media);
void stream_drop(struct calls *calls, struct call_stream *stream);
/* One side's description comes into force, at once or when `commit` is called. */
void streams_hear(struct call_media *media, enum call_side side, const struct pv_sdp *sdp,
	const struct description_from *from, bool at_once);
/* How both ends speak, from the answer that was heard just now; before it is committed. */
void streams_code(struct call_media *media, const struct media_coding (*codings)[MEDIA_ENDS]);
/* Reserves what that takes. 0 or -ENOBUFS. */
int streams_reserve(struct calls *calls, struct call_media *media,
	const struct media_coding (*codings)[MEDIA_ENDS]);
void streams_commit(struct call_media *media);
/* "audio", "video" */
const char *stream_kind(uint8_t kind);
/* Tells the relay threads. `is_new`: an exchange that is not a repetition of what was heard. */
void streams_set(struct calls *calls, struct call_media *media, bool is_new);
/* Those that were refused go, once a dialog is confirmed. */
void streams_prune(struct calls *calls, struct call_media *media);

/* ---- event.c ---- */
/* The event of the offer/answer machine; -1: none. */
int event_of(const struct pv_message *message, bool has_sdp, const struct offer_answer *machine);

/* ---- write.c ---- */
struct write_order {
	enum call_side from;
	bool is_offer; /* codecs are filtered, or added */
	/* It means nothing (OFFER_REPEAT): an answer that cannot be coded goes as it is. */
	bool is_repeated;
	/* of an answer: of the offer. Directions are put right, what was added is taken back */
	const struct pv_sdp_outline *offer;
	const struct extended_offer *extended;
};
struct description_written {
	struct pv_span sdp; /* in calls->scratch */
	bool is_extended;   /* an offer, and something was added */
	uint8_t added[PV_SDP_MEDIA_MAX];
	/* An answer: how the ends will speak, where that is transcoded. */
	struct media_coding codings[PV_SDP_MEDIA_MAX][MEDIA_ENDS];
};
/* calls->sdp as the other side gets it, into calls->scratch. 0 or a verdict. */
int description_write(struct calls *calls, const struct call_media *media,
	const struct write_order *order, struct description_written *ret);

/* ---- coding.c ---- */
/* What an offer, calls->sdp, gets in addition in one m-line, whose codecs are filtered already. */
void coding_extend(struct calls *calls, unsigned index, struct pv_sdp_change *change);
struct coding_order {
	unsigned index, added; /* the m-line; how many formats were added to it */
	enum call_side from;   /* who answers */
};
/* What an answer, calls->sdp, becomes for who offered calls->written. `ret` is left as it is where
 * the ends understand each other. 0 or -PV_SDP_ANSWER_FORMAT. */
int coding_answer(struct calls *calls, const struct coding_order *order,
	struct pv_sdp_media_change *change, struct media_coding ret[MEDIA_ENDS]);

/* ---- extended.c ---- */
/* False: no room. */
bool extended_make(
	struct calls *calls, const struct description_written *written, struct extended_offer *ret);
/* `to` holds one already, or is all zero. */
void extended_copy(
	struct calls *calls, struct extended_offer *to, const struct extended_offer *from);
void extended_done(struct calls *calls, struct extended_offer *extended);

/* ---- dialogs in media.c ---- */
struct call_dialog *dialog_find(
	const struct calls *calls, const struct call_media *media, struct pv_span tag);
/* NULL: no memory, or the branch has CALL_DIALOGS_MAX. */
struct call_dialog *dialog_new(struct calls *calls, struct call_media *media, struct pv_span tag);
/* The oldest one that is not confirmed goes, where the branch has as many as it may: for an answer,
 * which must not be lost because too many rang. */
void dialogs_make_room(struct calls *calls, struct call_media *media);

#endif
