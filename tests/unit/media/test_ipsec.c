/* SPDX-License-Identifier: Apache-2.0 */
/* test_ipsec.c: what the kernel answers about policies of IPsec. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "lib/testing.h"
#include "media/fastpath/ipsec.h"

/* An answer, written as the kernel does. */
struct counts {
	struct nlmsghdr header;
	uint32_t flags;
	struct rtattr head;
	struct xfrmu_spdinfo counts;
};

static struct counts answer_of(struct xfrmu_spdinfo counts)
{
	return (struct counts){
		.header = {.nlmsg_len = sizeof(struct counts), .nlmsg_type = XFRM_MSG_NEWSPDINFO},
		.head = {RTA_LENGTH(sizeof(counts)), XFRMA_SPD_INFO},
		.counts = counts};
}

static int parse(struct counts answer)
{
	return ipsec_parse(&answer, sizeof(answer));
}

START_TEST(policies_are_counted)
{
	ck_assert_int_eq(parse(answer_of((struct xfrmu_spdinfo){0})), 0);
	ck_assert_int_eq(parse(answer_of((struct xfrmu_spdinfo){.incnt = 1})), 1);
	ck_assert_int_eq(parse(answer_of((struct xfrmu_spdinfo){.outcnt = 2, .fwdcnt = 3})), 5);
	/* sockets' own: IKE daemons have them, to let their packets pass */
	ck_assert_int_eq(
		parse(answer_of((struct xfrmu_spdinfo){.inscnt = 4, .outscnt = 4, .fwdscnt = 4})),
		0);
	ck_assert_int_gt(
		parse(answer_of((struct xfrmu_spdinfo){.incnt = UINT32_MAX, .outcnt = UINT32_MAX})),
		0);
}
END_TEST

/* Each prefix is refused, and is not read beyond its end. */
START_TEST(half_an_answer)
{
	struct counts answer = answer_of((struct xfrmu_spdinfo){.incnt = 1});
	for (uint32_t i = 0; i < sizeof(answer); i++) {
		char *bytes = malloc(MAX(i, 1));
		memcpy(bytes, &answer, i);
		ck_assert_int_eq(ipsec_parse(bytes, i), -EBADMSG);
		if (i >= sizeof(struct nlmsghdr)) {
			((struct nlmsghdr *)bytes)->nlmsg_len = i;
			ck_assert_int_eq(ipsec_parse(bytes, i), -EBADMSG);
		}
		free(bytes);
	}
	answer.header.nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert_int_eq(parse(answer), -EBADMSG);
}
END_TEST

START_TEST(an_error)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = {.header = {.nlmsg_len = sizeof(answer), .nlmsg_type = NLMSG_ERROR},
		.error = {.error = -EPERM}};
	ck_assert_int_eq(ipsec_parse(&answer, sizeof(answer)), -EPERM);
	answer.error.error = 0;
	ck_assert_int_eq(ipsec_parse(&answer, sizeof(answer)), -EBADMSG);
}
END_TEST

/* Nothing is sent where there is no policy, though a default may block. */
START_TEST(defaults_that_block)
{
	struct {
		struct nlmsghdr header;
		uint8_t in, forward, out;
	} answer = {.header = {.nlmsg_len = NLMSG_LENGTH(3), .nlmsg_type = 0x28},
		.in = 2,
		.forward = 2,
		.out = 2};
	ck_assert_int_eq(ipsec_parse(&answer, sizeof(answer)), 0);
	answer.out = 1;
	ck_assert_int_eq(ipsec_parse(&answer, sizeof(answer)), 1);
	answer.header.nlmsg_len = NLMSG_LENGTH(2);
	ck_assert_int_eq(ipsec_parse(&answer, sizeof(answer)), -EBADMSG);
}
END_TEST

/* Whatever this kernel has, and whoever asks. */
START_TEST(it_is_asked)
{
	int count = ipsec_policies(), fd = ipsec_listen();
	ck_assert(count >= 0 || count == -EPERM || count == -EACCES || count == -EAFNOSUPPORT);
	ipsec_drain(fd);
	ck_assert(!ipsec_drain(fd));
	if (fd >= 0)
		close(fd);
}
END_TEST

TEST_MAIN("ipsec", policies_are_counted, half_an_answer, an_error, defaults_that_block, it_is_asked)
