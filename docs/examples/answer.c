/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c — reads a SIP request from standard input, says what is in it, and writes a 200 OK. */
#include <stdio.h>

#include <portavoz/build.h>
#include <portavoz/uri.h>

static void list_contacts(const struct pv_message *message)
{
	struct pv_values walk;
	struct pv_span value;

	pv_values_begin(&walk, message, PV_HEADER_CONTACT);
	while (pv_values_next(&walk, &value)) {
		struct pv_address address;
		struct pv_uri uri;
		if (pv_address_parse(value, &address) || pv_uri_parse(address.uri, &uri))
			fprintf(stderr, "contact: malformed\n");
		else
			fprintf(stderr, "contact: user %.*s at %.*s\n", PV_SPAN_PRINT(uri.user),
				PV_SPAN_PRINT(uri.host));
	}
}

int main(void)
{
	static char bytes[PV_MESSAGE_MAX], out[PV_MESSAGE_MAX];
	static struct pv_message message; /* a scratch: one a thread is enough */
	size_t length = fread(bytes, 1, sizeof(bytes), stdin);

	int parsed = pv_message_parse(&message, bytes, length, true);
	if (parsed < 0 || !message.is_request) {
		const struct pv_verdict_row *row = pv_verdict_row(parsed < 0 ? parsed : 0);
		fprintf(stderr, "no request: %s (%s)\n", row->phrase, row->section);
		return 1;
	}
	fprintf(stderr, "%.*s from %.*s\n",
		PV_SPAN_PRINT(pv_message_span(&message, message.method_name)),
		PV_SPAN_PRINT(message.from.uri));
	list_contacts(&message);

	struct pv_writer w;
	struct pv_response response = {.status = 200, .to_tag = PV_SPAN("example")};
	pv_writer_init(&w, out, sizeof(out));
	pv_build_response(&w, &message, &response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	if (w.overflow)
		return 1;
	fwrite(out, 1, pv_writer_length(&w), stdout);
	return 0;
}
