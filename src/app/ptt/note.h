/* SPDX-License-Identifier: Apache-2.0 */
/* note.h — notes: an errand that carries something, of a slab; what MESSAGE does with them. */
#ifndef APP_PTT_NOTE_H
#define APP_PTT_NOTE_H

#include "app/ptt/errand.h"
#include "app/ptt/ptt.h"
#include "media/group_command.h"

struct ptt_deed;
struct ptt_leg;
struct ptt_member;
struct ptt_room;

enum ptt_note_kind {
	PTT_NOTE_MESSAGE,  /* a MESSAGE to the group, to the roster */
	PTT_NOTE_PRESS,    /* a button, to a leg */
	PTT_NOTE_TEXT,     /* somebody's text, to a leg */
	PTT_NOTE_SAYING,   /* the group's own, to a leg */
	PTT_NOTE_IS_THERE, /* somebody registered, to the roster */
};

/* What the floor said to a press. */
struct ptt_note_answer {
	uint64_t talker_tag; /* the roster's member; 0: nobody */
	uint16_t cause, position;
	uint8_t outcome; /* enum media_outcome */
};

struct ptt_note {
	struct errand errand;
	uint8_t kind; /* enum ptt_note_kind */
	uint64_t group, leg;
	uint64_t server; /* of the MESSAGE */
	struct buffer *text;
	struct pv_ref whole, name, display, from, type, body; /* in `text` */
	struct path source;
	uint16_t status; /* what the MESSAGE is answered with */
	bool is_warning; /* SAYING: not for phones that are told by floor packets, or take no text
			  */
	bool is_held;    /* the roster has not done with it */
	uint32_t cseq;
	uint64_t received_ns;
	uint32_t copies;
	struct ptt_note *of; /* TEXT: whose text it is */
	struct media_press press;
	struct list link;      /* PRESS: of the leg that waits for the floor's answer */
	struct ptt_deed *deed; /* PRESS: of a dispatcher, or NULL */
	struct ptt_note_answer answer;
	bool has_answer;
	uint8_t word;      /* enum ptt_word_kind */
	bool is_anonymous; /* who wrote it wants to be nobody */
};

/* NULL when the slab is full, which is counted. */
struct ptt_note *note_new(struct ptt *p, enum ptt_note_kind kind);
void note_free(struct ptt *p, struct ptt_note *note);

/* ---- text.c: MESSAGE ---- */
/* May this MESSAGE outside of dialogs be taken? False: it was refused, statelessly. */
bool text_admit(struct ptt *p, struct incoming *incoming);
/* From `name`, who was let in, or who has joined and writes inside his dialog. */
void text_request_of(struct ptt *p, struct incoming *incoming, struct transaction *server,
	const struct ptt_group *group, struct pv_span name);
/* The group's word to a member's phone, by MESSAGE. */
void text_say(struct ptt *p, struct ptt_leg *leg, struct pv_span text);
/* The same, from the roster: what does not fit in is counted. */
void member_say(struct ptt *p, const struct ptt_member *member, struct pv_span text);
/* Unasked: only to a phone that takes text and has no floor packets. */
void member_warn(struct ptt *p, const struct ptt_member *member, struct pv_span text);

/* ---- word.c: words for the floor ---- */
/* 0: it is none. */
unsigned word_of(struct pv_span text);
/* At the roster. False: no room. */
bool word_take(struct ptt *p, const struct ptt_room *room, struct ptt_member *member,
	const struct ptt_note *note);
/* What became of a word of a leg's. */
void word_answered(struct ptt *p, struct ptt_leg *leg, const struct media_answer *answer);

/* ---- press.c: a button for a member's leg ---- */
/* False: no room. `deed`: who waits for the floor's answer, or NULL. */
bool member_press(struct ptt *p, const struct ptt_member *member, const struct media_press *press,
	struct ptt_deed *deed);
/* The floor has answered a press of the control interface's. */
void press_answered(struct ptt_leg *leg, const struct media_answer *answer);
/* The leg lets go: there will be no answers. */
void press_forget(struct ptt_leg *leg);

#endif
