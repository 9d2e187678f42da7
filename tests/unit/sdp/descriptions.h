/* SPDX-License-Identifier: Apache-2.0 */
/* descriptions.h — the descriptions that several tests of this floor read: what phones really send.
 */
#ifndef TESTS_UNIT_SDP_DESCRIPTIONS_H
#define TESTS_UNIT_SDP_DESCRIPTIONS_H

#include <portavoz/sdp.h>

/* The smallest that has everything a call needs; more lines may follow. */
#define HEAD                                        \
	"v=0\r\n"                                   \
	"o=alice 2890844526 1 IN IP4 192.0.2.1\r\n" \
	"s=-\r\n"                                   \
	"c=IN IP4 192.0.2.1\r\n"                    \
	"t=0 0\r\n"
#define AUDIO "m=audio 49170 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

#define LINPHONE                                                                               \
	"v=0\r\n"                                                                              \
	"o=alice 3512 1874 IN IP4 192.168.1.20\r\n"                                            \
	"s=Talk\r\n"                                                                           \
	"c=IN IP4 192.168.1.20\r\n"                                                            \
	"t=0 0\r\n"                                                                            \
	"a=ice-pwd:5f0c1e9a2b7d4c3e8f6a1b0d\r\n"                                               \
	"a=ice-ufrag:1b2c3d4e\r\n"                                                             \
	"a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"         \
	"a=record:off\r\n"                                                                     \
	"m=audio 7078 RTP/AVPF 96 97 98 0 8 18 101 99 100\r\n"                                 \
	"a=rtpmap:96 opus/48000/2\r\n"                                                         \
	"a=fmtp:96 useinbandfec=1\r\n"                                                         \
	"a=rtpmap:97 speex/16000\r\n"                                                          \
	"a=fmtp:97 vbr=on\r\n"                                                                 \
	"a=rtpmap:98 speex/8000\r\n"                                                           \
	"a=fmtp:98 vbr=on\r\n"                                                                 \
	"a=fmtp:18 annexb=yes\r\n"                                                             \
	"a=rtpmap:101 telephone-event/48000\r\n"                                               \
	"a=rtpmap:99 telephone-event/16000\r\n"                                                \
	"a=rtpmap:100 telephone-event/8000\r\n"                                                \
	"a=rtcp-fb:* trr-int 5000\r\n"                                                         \
	"a=rtcp-fb:* ccm tmmbr\r\n"                                                            \
	"a=candidate:1 1 UDP 2130706303 192.168.1.20 7078 typ host\r\n"                        \
	"a=candidate:1 2 UDP 2130706302 192.168.1.20 7079 typ host\r\n"                        \
	"a=candidate:2 1 UDP 1694498687 203.0.113.9 40100 typ srflx raddr 192.168.1.20 rport " \
	"7078\r\n"                                                                             \
	"m=video 9078 RTP/AVPF 96\r\n"                                                         \
	"a=rtpmap:96 VP8/90000\r\n"                                                            \
	"a=rtcp-fb:* trr-int 5000\r\n"                                                         \
	"a=rtcp-fb:96 nack pli\r\n"                                                            \
	"a=candidate:1 1 UDP 2130706303 192.168.1.20 9078 typ host\r\n"

#define MICROSIP                                            \
	"v=0\r\n"                                           \
	"o=- 3907412912 3907412912 IN IP4 192.168.1.30\r\n" \
	"s=pjmedia\r\n"                                     \
	"b=AS:84\r\n"                                       \
	"t=0 0\r\n"                                         \
	"a=X-nat:0\r\n"                                     \
	"m=audio 4004 RTP/AVP 8 0 101\r\n"                  \
	"c=IN IP4 192.168.1.30\r\n"                         \
	"b=TIAS:64000\r\n"                                  \
	"a=rtcp:4005 IN IP4 192.168.1.30\r\n"               \
	"a=sendrecv\r\n"                                    \
	"a=rtpmap:8 PCMA/8000\r\n"                          \
	"a=rtpmap:0 PCMU/8000\r\n"                          \
	"a=rtpmap:101 telephone-event/8000\r\n"             \
	"a=fmtp:101 0-16\r\n"                               \
	"a=ssrc:1543210987 cname:4f2a1b3c5d6e7f80\r\n"

#define BARESIP                                          \
	"v=0\r\n"                                        \
	"o=- 2671238841 1430920441 IN IP4 127.0.0.1\r\n" \
	"s=-\r\n"                                        \
	"c=IN IP4 127.0.0.1\r\n"                         \
	"t=0 0\r\n"                                      \
	"a=tool:baresip 1.0.0\r\n"                       \
	"m=audio 21586 RTP/AVP 0 8 101\r\n"              \
	"a=rtpmap:0 PCMU/8000\r\n"                       \
	"a=rtpmap:8 PCMA/8000\r\n"                       \
	"a=rtpmap:101 telephone-event/8000\r\n"          \
	"a=fmtp:101 0-15\r\n"                            \
	"a=rtcp:21587\r\n"                               \
	"a=sendrecv\r\n"                                 \
	"a=label:1\r\n"                                  \
	"a=rtcp-rsize\r\n"                               \
	"a=ssrc:3216549870 cname:sip:bob@127.0.0.1\r\n"  \
	"a=ptime:20\r\n"

#define CHROMIUM                                                                                  \
	"v=0\r\n"                                                                                 \
	"o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"                                          \
	"s=-\r\n"                                                                                 \
	"t=0 0\r\n"                                                                               \
	"a=group:BUNDLE 0 1\r\n"                                                                  \
	"a=extmap-allow-mixed\r\n"                                                                \
	"a=msid-semantic: WMS stream\r\n"                                                         \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"                                 \
	"c=IN IP4 0.0.0.0\r\n"                                                                    \
	"a=rtcp:9 IN IP4 0.0.0.0\r\n"                                                             \
	"a=ice-ufrag:EsAw\r\n"                                                                    \
	"a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"                                                  \
	"a=ice-options:trickle\r\n"                                                               \
	"a=fingerprint:sha-256 "                                                                  \
	"D1:2C:BE:AD:C4:F6:64:5C:25:16:11:9C:AF:E7:0F:73:79:36:4E:9C:1E:15:54:39:0C:06:8B:ED:96:" \
	"86:00:39\r\n"                                                                            \
	"a=setup:actpass\r\n"                                                                     \
	"a=mid:0\r\n"                                                                             \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"                              \
	"a=sendrecv\r\n"                                                                          \
	"a=msid:stream track\r\n"                                                                 \
	"a=rtcp-mux\r\n"                                                                          \
	"a=rtpmap:111 opus/48000/2\r\n"                                                           \
	"a=rtcp-fb:111 transport-cc\r\n"                                                          \
	"a=fmtp:111 minptime=10;useinbandfec=1\r\n"                                               \
	"a=rtpmap:63 red/48000/2\r\n"                                                             \
	"a=fmtp:63 111/111\r\n"                                                                   \
	"a=rtpmap:9 G722/8000\r\n"                                                                \
	"a=rtpmap:0 PCMU/8000\r\n"                                                                \
	"a=rtpmap:8 PCMA/8000\r\n"                                                                \
	"a=rtpmap:13 CN/8000\r\n"                                                                 \
	"a=rtpmap:110 telephone-event/48000\r\n"                                                  \
	"a=rtpmap:126 telephone-event/8000\r\n"                                                   \
	"a=ssrc:2231627014 cname:H2bXgkNmgXvCDkNy\r\n"                                            \
	"m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n"                                                   \
	"c=IN IP4 0.0.0.0\r\n"                                                                    \
	"a=rtcp:9 IN IP4 0.0.0.0\r\n"                                                             \
	"a=fingerprint:sha-256 "                                                                  \
	"D1:2C:BE:AD:C4:F6:64:5C:25:16:11:9C:AF:E7:0F:73:79:36:4E:9C:1E:15:54:39:0C:06:8B:ED:96:" \
	"86:00:39\r\n"                                                                            \
	"a=setup:actpass\r\n"                                                                     \
	"a=mid:1\r\n"                                                                             \
	"a=bundle-only\r\n"                                                                       \
	"a=recvonly\r\n"                                                                          \
	"a=rtcp-mux\r\n"                                                                          \
	"a=rtpmap:96 VP8/90000\r\n"                                                               \
	"a=rtpmap:97 rtx/90000\r\n"                                                               \
	"a=fmtp:97 apt=96\r\n"

#define SIPP                                               \
	"v=0\r\n"                                          \
	"o=user1 53655765 2353687637 IN IP4 127.0.0.1\r\n" \
	"s=-\r\n"                                          \
	"c=IN IP4 127.0.0.1\r\n"                           \
	"t=0 0\r\n"                                        \
	"m=audio 6000 RTP/AVP 0\r\n"                       \
	"a=rtpmap:0 PCMU/8000\r\n"

#define IPV6                                         \
	"v=0\r\n"                                    \
	"o=- 1 1 IN IP6 2001:db8::1\r\n"             \
	"s=-\r\n"                                    \
	"c=IN IP6 2001:db8::1\r\n"                   \
	"t=0 0\r\n"                                  \
	"a=sendonly\r\n"                             \
	"m=audio 5004/2 RTP/AVP 0\r\n"               \
	"m=application 40010 udp MCPTT\r\n"          \
	"a=fmtp:MCPTT mc_queueing;mc_priority=5\r\n" \
	"m=video 0 RTP/AVP 31\r\n"                   \
	"a=inactive\r\n"

/* Hand-written, by somebody in a hurry: LF alone, no s= or t=, blanks, no last line end. */
#define SLOPPY                                                                                   \
	"v=0\no=John Doe  1  1 IN IP4 pc\nc=IN IP4  192.0.2.5 \nm=audio  5000  RTP/AVP  8 \na= " \
	"ptime : 30"

static const char *const everybody[] = {
	HEAD AUDIO, LINPHONE, MICROSIP, BARESIP, CHROMIUM, SIPP, IPV6, SLOPPY};
#define EVERYBODY (sizeof(everybody) / sizeof(everybody[0]))

static inline int parse_text(struct pv_sdp *ret, const char *text)
{
	return pv_sdp_parse(ret, text, strlen(text));
}

#endif
