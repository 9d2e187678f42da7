/* SPDX-License-Identifier: Apache-2.0 */
/* stress_mailbox.c: three posters, an owner that really sleeps: no mail and no ring is lost. */
#include "base/mailbox.h"

#include <poll.h>

#include "lib/threads.h"

#define POSTERS 3
#define POSTS   150000
#define MAILS   50 /* of each poster, going round */

struct letter {
	struct mail mail;
	struct shared_link back;
	unsigned poster;
	uint64_t number;
};

static struct mailbox mailbox;
static struct letter letters[POSTERS][MAILS];
static struct shared_stack returned[POSTERS];

/* A letter to write on: those that the owner has given back, the first ones from the stock. */
static struct letter *next_letter(unsigned poster, unsigned *fresh, struct shared_link **chain)
{
	struct shared_link *link;
	if (*fresh < MAILS)
		return &letters[poster][(*fresh)++];
	while (!*chain) {
		*chain = shared_stack_take_all(&returned[poster]);
		if (!*chain)
			sched_yield();
	}
	link = *chain;
	*chain = shared_link_next(link);
	return container_of(link, struct letter, back);
}

static void post(unsigned poster)
{
	struct shared_link *chain = NULL;
	unsigned fresh = 0;
	for (uint64_t i = 0; i < POSTS; i++) {
		struct letter *letter = next_letter(poster, &fresh, &chain);
		letter->mail.kind = (uint32_t)i;
		letter->poster = poster;
		letter->number = i;
		mailbox_post(&mailbox, &letter->mail);
		/* let the owner fall asleep now and then */
		if (i % 37 == poster)
			sched_yield();
	}
}

static unsigned take_all(uint64_t next[POSTERS])
{
	struct mail *mail;
	unsigned taken = 0;
	while ((mail = mailbox_take(&mailbox))) {
		struct letter *letter = container_of(mail, struct letter, mail);
		MUST(letter->number == next[letter->poster]);
		MUST(mail->kind == (uint32_t)letter->number);
		next[letter->poster]++;
		shared_stack_push(&returned[letter->poster], &letter->back);
		taken++;
	}
	return taken;
}

/* Sleeps as a worker does; a bell that does not come within seconds is a lost one. */
static void wait_for_mail(void)
{
	struct pollfd bell = {.fd = mailbox_fd(&mailbox), .events = POLLIN};
	if (!mailbox_sleep(&mailbox))
		return;
	MUST(poll(&bell, 1, 20000) == 1);
	mailbox_wake(&mailbox);
}

static void own(unsigned unused)
{
	uint64_t next[POSTERS] = {0};
	unsigned taken = 0;
	while (taken < POSTERS * POSTS) {
		taken += take_all(next);
		if (taken < POSTERS * POSTS)
			wait_for_mail();
	}
	for (unsigned i = 0; i < POSTERS; i++)
		MUST(next[i] == POSTS);
}

int main(void)
{
	MUST(mailbox_init(&mailbox) == 0);
	threads_add(POSTERS, post);
	threads_add(1, own);
	threads_run();
	MUST(mailbox_take(&mailbox) == NULL);
	MUST(mailbox_posts(&mailbox) == POSTERS * POSTS);
	MUST(mailbox_rings(&mailbox) > 0);
	printf("posts=%llu rings=%llu\n", (unsigned long long)mailbox_posts(&mailbox),
		(unsigned long long)mailbox_rings(&mailbox));
	mailbox_done(&mailbox);
	return 0;
}
