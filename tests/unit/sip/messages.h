/* SPDX-License-Identifier: Apache-2.0 */
/* messages.h — the messages that several tests of this floor read. */
#ifndef TESTS_UNIT_SIP_MESSAGES_H
#define TESTS_UNIT_SIP_MESSAGES_H

#include <portavoz/message.h>

/* A phone's INVITE with a small body. */
#define INVITE                                                                                  \
	"INVITE sip:bob@example.test SIP/2.0\r\n"                                               \
	"Via: SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK-one, SIP/2.0/TCP gw;branch=x\r\n" \
	"Via: SIP/2.0/TLS [2001:db8::1]:5071;branch=z9hG4bK-three\r\n"                          \
	"Route: <sip:p1.example.test;lr>, <sip:p2.example.test;lr>\r\n"                         \
	"Max-Forwards: 70\r\n"                                                                  \
	"From: \"Alice, of \\\"A\\\"\" <sip:alice@example.test>;tag=88sja8x\r\n"                \
	"To: Bob <sip:bob@example.test>\r\n"                                                    \
	"Call-ID: 987asjd97y7atg\r\n"                                                           \
	"CSeq: 986759 INVITE\r\n"                                                               \
	"X-Private: one\r\n"                                                                    \
	"Contact: <sip:alice@192.0.2.1:5062>\r\n"                                               \
	"Content-Type: text/plain\r\n"                                                          \
	"Content-Length: 5\r\n"                                                                 \
	"\r\n"                                                                                  \
	"hello"

/* As Linphone registers over UDP: To without <>, no Content-Length. */
#define REGISTER                                                                            \
	"REGISTER sip:example.test SIP/2.0\r\n"                                             \
	"Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK.lin;rport\r\n"                      \
	"From: <sip:alice@example.test>;tag=VQ2~q\r\n"                                      \
	"To: sip:alice@example.test\r\n"                                                    \
	"CSeq: 20 REGISTER\r\n"                                                             \
	"Call-ID: KBIaNdvTpQ\r\n"                                                           \
	"Max-Forwards: 70\r\n"                                                              \
	"Supported: replaces, outbound, gruu\r\n"                                           \
	"Accept: application/sdp\r\n"                                                       \
	"Accept: text/plain\r\n"                                                            \
	"Contact: <sip:alice@192.0.2.7;transport=udp>;+sip.instance=\"<urn:uuid:1-2>\"\r\n" \
	"Expires: 3600\r\n"                                                                 \
	"\r\n"

#define RINGING                                                               \
	"SIP/2.0 180 Ringing\r\n"                                             \
	"v: SIP / 2.0 / UDP\r\n\t192.0.2.9 ;\r\n branch = z9hG4bK-folded\r\n" \
	"f: <sip:a@example.test>;tag=1\r\n"                                   \
	"t: <sip:b@example.test>;tag=2\r\n"                                   \
	"i: compact@192.0.2.9\r\n"                                            \
	"CSeq: 1\r\n INVITE\r\n"                                              \
	"l: 0\r\n"                                                            \
	"\r\n"

/* A message with `fields` in the place of its last header lines, which end with an empty line. */
#define WITH(fields)                                      \
	"OPTIONS sip:bob@example.test SIP/2.0\r\n"        \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-w\r\n" \
	"From: <sip:a@example.test>;tag=1\r\n"            \
	"To: <sip:b@example.test>\r\n"                    \
	"Call-ID: w\r\n"                                  \
	"CSeq: 1 OPTIONS\r\n" fields

static inline int parse_text(struct pv_message *m, const char *text)
{
	return pv_message_parse(m, text, strlen(text), true);
}

#endif
