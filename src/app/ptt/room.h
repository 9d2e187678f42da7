/* SPDX-License-Identifier: Apache-2.0 */
/* room.h — a group as its home worker has it: room, members, the roster, talk spurts. */
#ifndef APP_PTT_ROOM_H
#define APP_PTT_ROOM_H

#include "app/ptt/errand.h"
#include "app/ptt/query.h"
#include "call/call.h"
#include "media/group_command.h"

struct ptt_report;

/* What a member's leg is told; the last word counts. */
struct ptt_order {
	struct errand errand;
	uint64_t member, leg;
	bool is_end, may_talk, is_muted;
	uint8_t why; /* enum call_why */
};

struct ptt_member {
	struct list link; /* of its room, in the order of joining */
	uint64_t room;
	struct ptt *at; /* where its leg is */
	uint64_t leg;
	uint64_t name; /* hash of the user */
	struct ptt_order order;
	bool has_order; /* something new to say */
	bool is_left;   /* waits for its errand */
	bool is_ending;
	bool may_talk, is_muted, is_held, has_floor_channel, is_called_out;
	bool is_talking;
	bool is_warned;    /* has been told of the emergency */
	bool is_anonymous; /* `uri` names nobody */
	uint32_t alias;    /* the number in it; 0: none */
	uint8_t radio_id;
	uint8_t position; /* in the queue, 0: none */
	media_id media;
	uint64_t joined_ms;
	uint64_t change; /* of the room, when something about it changed last */
	struct buffer *who;
	struct pv_ref name_text, display, uri, target;
};

/* A member who left, for partial NOTIFYs and for the talk spurt that ended with him. */
#define PTT_GRAVES 8
struct ptt_grave {
	uint64_t change;
	uint64_t tag;
	struct ptt_text name;
	bool is_gone; /* no other leg of that name is there */
	uint16_t length;
	char uri[190];
};

/* Of users, by the hashes of their names, while the room is open. */
struct ptt_rights {
	struct buffer *muted; /* those, 64 bits each; NULL: nobody */
	/* a broadcast group's: who talks; who did, and until when he has it back if he comes */
	uint64_t speaker, former, return_ms;
};

struct ptt_room {
	struct list link; /* of its bucket */
	uint64_t group;
	struct list members, watchers;
	struct list ringing; /* phones of those who are called out, by leg.ringing */
	uint32_t member_count, watcher_count;
	struct media_group_lease lease; /* group 0: not open */
	unsigned closing;               /* groups on relay threads that have a last word to say */
	uint64_t opened_ms;
	uint64_t change;      /* counts everything that a watcher may see */
	uint64_t change_talk; /* the last one that was about who talks alone */
	uint64_t change_members;
	uint64_t talks;
	bool is_emergency; /* until it is cleared, also while nobody is in */
	bool is_revoking, is_reserved;
	uint16_t waiting;
	struct ptt_rights rights;
	struct buffer *settled; /* a bit for each name of call_out: not called any more; or NULL */
	struct ptt_grave graves[PTT_GRAVES];
	unsigned grave_next;
	uint32_t aliases; /* given to members who want to be nobody */
};

/* Spurts that are over, for `group talks`. */
#define PTT_TALKS_KEPT 512
struct ptt_talk_row {
	struct ptt_talk talk;
	uint64_t group;
	uint64_t ended_ms;
};

/* ---- room.c ---- */
struct ptt_room *room_find(struct ptt *p, uint64_t group);
/* NULL: the slab is full. */
struct ptt_room *room_have(struct ptt *p, uint64_t group);
/* Opens the group on a relay thread, if it is not. False: there is no room. */
bool room_open(struct ptt *p, struct ptt_room *room, const struct ptt_group *group);
/* It goes when nobody is in it and nobody watches. */
void room_settle(struct ptt *p, struct ptt_room *room);
/* Something that a watcher may see; `is_talk`: only who talks. */
void room_changed(struct ptt *p, struct ptt_room *room, bool is_talk);
/* A reload. */
void rooms_configure(struct ptt *p);
/* A group of its own on the relay thread is over: all its talk spurts have been told. */
void room_ended(struct ptt *p, uint64_t room);
/* What media say of the room. */
void room_told(struct ptt *p, uint64_t room, uint32_t told);
void media_settings_of(const struct ptt_group *group, struct media_group_settings *ret);

/* ---- member.c ---- */
/* Who joins by `report`. NULL: no room. */
struct ptt_member *member_new(struct ptt *p, struct ptt_room *room, struct ptt_report *report);
/* He is in no room any more; gives him back once his order is home. */
void member_settle(struct ptt *p, struct ptt_member *member);
/* The member's leg is to end. */
void member_end(struct ptt *p, struct ptt_member *member, enum call_why why);
/* His leg is told what has changed. */
void member_order(struct ptt *p, struct ptt_member *member);
/* Next of the members of a user, behind `after` (NULL: the first). */
struct ptt_member *room_member(
	struct ptt *p, const struct ptt_room *room, uint64_t name, const struct ptt_member *after);
/* The leg that a user dialled last, of those that stay, is the one that he holds in his hand: his
 * words, what a dispatcher gives him and the right of a broadcaster are that one's. NULL: he is not
 * in. */
struct ptt_member *room_newest(struct ptt *p, const struct ptt_room *room, uint64_t name);
/* The next one, of the legs of a user that others see as one: those by which he is nobody are
 * another user to them (RFC 4575 §5.6). */
struct ptt_member *room_member_alike(struct ptt *p, const struct ptt_room *room,
	const struct ptt_member *member, const struct ptt_member *after);
uint64_t ptt_name_hash(const struct ptt *p, struct pv_span name);

/* ---- roster.c ---- */
void roster_take(struct ptt *p, struct errand *errand);

/* ---- rights.c ---- */
/* A broadcaster may dial again within that time, and has his right back. */
#define PTT_RETURN_MS 30000
/* Who may talk: in a broadcast group one user, who opened it, or who has been there longest when he
 * has left. `joins` (or NULL) will hear of it in another way. */
void rights_choose_speaker(struct ptt *p, struct ptt_room *room, const struct ptt_group *group,
	const struct ptt_member *joins);
/* 0; -ESRCH: no such user is in, or muted; -ENOBUFS. */
int rights_mute(struct ptt *p, struct ptt_room *room, uint64_t name, bool is_muted);
bool rights_is_muted(const struct ptt_room *room, uint64_t name);
/* The room closes. */
void rights_forget(struct ptt *p, struct ptt_room *room);

/* ---- emergency.c ---- */
/* `tag`: the member who declares it; 0: nobody of them. */
void emergency_set(struct ptt *p, struct ptt_room *room, bool is_emergency, uint64_t tag);
/* Whoever has not been told of how it is now. */
void emergency_tell(struct ptt *p, struct ptt_room *room, const struct ptt_member *by);

/* ---- talk.c ---- */
void ptt_text_copy(struct pv_span from, struct ptt_text *ret);
void talk_keep(struct ptt *p, uint64_t room, const struct media_spurt *spurt);

/* ---- call_out.c ---- */
void room_call_out(struct ptt *p, struct ptt_room *room);
/* Who has dialled, answered or declined has not to be called any more: not either when he has left
 * and his phone refreshes its registration. */
void call_out_settle(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name);

/* ---- ringing.c ---- */
/* His phones ring, those with the best q; or one more, where some do. */
void ringing_begin(
	struct ptt *p, struct ptt_room *room, const struct ptt_group *group, struct pv_span name);
/* He is in, or has declined for all of them: his phones that ring are cancelled. */
void ringing_stop(struct ptt *p, struct ptt_room *room, struct pv_span name, enum call_why why);
/* Nobody is in any more. */
void ringing_stop_all(struct ptt *p, struct ptt_room *room);

#endif
