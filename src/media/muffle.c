/* SPDX-License-Identifier: Apache-2.0 */
/* muffle.c: a socket filter that drops the sound of one source. */
#include "media/muffle.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "rtp/packet.h"

/* The filter sees the datagram from its UDP header on. */
#define UDP_SIZE     8
#define RTP_AT       UDP_SIZE
#define PAYLOAD_AT   (UDP_SIZE + RTP_HEADER_SIZE)
#define FRAME_BYTES  160 /* 20 ms of G.711 */
#define IPV4_SOURCE  (SKF_NET_OFF + 12)
#define IPV6_SOURCE  (SKF_NET_OFF + 8)
#define VERSION_BITS 0xc0
#define TYPE_BITS    0x7f
#define PROGRAM_MOST 128

/* Jumps of 0 lead to the next step; each test that fails leads to the end, which lets pass. */
struct program {
	struct sock_filter steps[PROGRAM_MOST];
	uint16_t count;
};

static void step(struct program *program, uint16_t code, uint32_t operand)
{
	program->steps[program->count++] = (struct sock_filter){.code = code, .k = operand};
}

/* What was loaded must be this. */
static void must_be(struct program *program, uint32_t value)
{
	step(program, BPF_JMP | BPF_JEQ | BPF_K, value);
}

static void load(struct program *program, uint16_t size, uint32_t at, uint32_t mask)
{
	step(program, BPF_LD | BPF_ABS | size, at);
	if (mask)
		step(program, BPF_ALU | BPF_AND | BPF_K, mask);
}

static void from_source(struct program *program, const struct media_address *source)
{
	if (source->family == AF_INET) {
		load(program, BPF_W, (uint32_t)IPV4_SOURCE, 0);
		must_be(program, ntohl(source->v4.sin_addr.s_addr));
	} else {
		const uint8_t *at = source->v6.sin6_addr.s6_addr;
		for (uint32_t i = 0; i < 16; i += 4) {
			load(program, BPF_W, (uint32_t)(IPV6_SOURCE + (int)i), 0);
			must_be(program, (uint32_t)at[i] << 24 | (uint32_t)at[i + 1] << 16 |
						 (uint32_t)at[i + 2] << 8 | at[i + 3]);
		}
	}
	load(program, BPF_H, 0, 0);
	must_be(program, media_address_port(source));
}

/* A plain header, so that the payload is where it is looked for. */
static void silent(struct program *program, uint8_t code)
{
	step(program, BPF_LD | BPF_W | BPF_LEN, 0);
	must_be(program, PAYLOAD_AT + FRAME_BYTES);
	load(program, BPF_B, RTP_AT, 0);
	must_be(program, RTP_VERSION << 6);
	for (uint32_t i = 0; i < FRAME_BYTES; i += 4) {
		load(program, BPF_W, PAYLOAD_AT + i, 0);
		must_be(program, code * UINT32_C(0x01010101));
	}
}

/* One in MUFFLE_SAMPLE passes: where that test succeeds. */
static void sample(struct program *program)
{
	load(program, BPF_H, RTP_AT + 2, MUFFLE_SAMPLE - 1);
	step(program, BPF_JMP | BPF_JGT | BPF_K, 0);
}

static void end(struct program *program)
{
	step(program, BPF_RET | BPF_K, 0);
	step(program, BPF_RET | BPF_K, UINT32_MAX);
	for (uint16_t i = 0; i < program->count; i++)
		if (BPF_CLASS(program->steps[i].code) == BPF_JMP)
			program->steps[i].jf = (uint8_t)(program->count - 1 - i - 1);
}

int muffle_on(int fd, const struct muffle *muffle)
{
	struct program program = {.count = 0};
	from_source(&program, &muffle->source);
	load(&program, BPF_B, RTP_AT, VERSION_BITS);
	must_be(&program, RTP_VERSION << 6);
	load(&program, BPF_B, RTP_AT + 1, TYPE_BITS);
	must_be(&program, muffle->voice_type);
	sample(&program);
	if (muffle->silence)
		silent(&program, muffle->silence);
	end(&program);
	struct sock_fprog filter = {.len = program.count, .filter = program.steps};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ? -errno
											 : 0;
}

void muffle_off(int fd)
{
	int ignored = 0;
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
}

uint32_t muffle_count(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t length = sizeof(info);
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
