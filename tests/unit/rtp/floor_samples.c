/* SPDX-License-Identifier: Apache-2.0 */
/* floor_samples.c: prints floor control messages of every kind, a line each, for another decoder to
 * judge: what tshark is to print of it, separated by '|', then the bytes. */
#include <stdio.h>

#include "rtp/floor_message.h"

#define CLIENT 0x11111111
#define SERVER 0x5e5e5e5e

static void print(const char *wanted, const struct floor_message *message)
{
	uint8_t bytes[2048];
	size_t length = floor_message_write(message, bytes, sizeof(bytes));
	printf("%s ", wanted);
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static struct floor_message of(unsigned type, uint32_t ssrc)
{
	struct floor_message message = {.type = (uint8_t)type, .ssrc = ssrc};
	return message;
}

static void put_text(struct floor_message *message, enum floor_field field, const char *text)
{
	message->has |= 1U << field;
	message->texts[field] = pv_span_of(text);
}

static void put_queue_info(struct floor_message *message, uint16_t position, uint8_t priority)
{
	floor_message_put(message, FLOOR_FIELD_QUEUE_INFO, position);
	message->queue_priority = priority;
}

static void put_ssrc(struct floor_message *message, uint32_t ssrc)
{
	message->has |= FLOOR_HAS(AUDIO_SSRC);
	message->audio_ssrc = ssrc;
}

static void of_a_client(void)
{
	struct floor_message message = of(FLOOR_MESSAGE_REQUEST, CLIENT);
	floor_message_put(&message, FLOOR_FIELD_PRIORITY, 200);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x1000);
	print("Floor_Request|Floor_Priority:_200", &message);
	message = of(FLOOR_MESSAGE_RELEASE, CLIENT);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x8000);
	print("Floor_Release", &message);
	message = of(FLOOR_MESSAGE_POSITION_REQUEST, CLIENT);
	print("Floor_Queue_Position_Request", &message);
}

static void granted_and_taken(void)
{
	struct floor_message message = of(FLOOR_MESSAGE_GRANTED, SERVER);
	floor_message_put(&message, FLOOR_FIELD_DURATION, 30);
	floor_message_put(&message, FLOOR_FIELD_PRIORITY, 5);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x8400);
	put_ssrc(&message, 0xa0000001);
	print("Floor_Granted|Duration:_30_seconds|Floor_Priority:_5|SSRC:_2684354561", &message);
	message.wants_ack = true;
	print("Floor_Granted|Duration:_30_seconds", &message);
	message.wants_ack = false;
	floor_message_put(&message, FLOOR_FIELD_DURATION, 65535);
	print("Floor_Granted|Duration:_65535_seconds", &message);
	message = of(FLOOR_MESSAGE_TAKEN, SERVER);
	floor_message_put(&message, FLOOR_FIELD_PERMISSION, 1);
	floor_message_put(&message, FLOOR_FIELD_SEQUENCE, 65535);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x4480);
	put_ssrc(&message, 0xa0000002);
	print("Floor_Taken|Message_Sequence_Number:_65535|Floor_Indicator:_Unknown_(17536)",
		&message);
	/* every padding of an identity */
	static const char *const parties[] = {"sip:al@example.org", "sip:ali@example.org",
		"sip:alic@example.org", "sip:alice@example.org"};
	for (int i = 0; i < 4; i++) {
		put_text(&message, FLOOR_FIELD_PARTY, parties[i]);
		printf("%s|", parties[i]);
		print("Floor_Taken|SSRC:_2684354562", &message);
	}
}

static void the_others_of_a_server(void)
{
	struct floor_message message = of(FLOOR_MESSAGE_DENY, SERVER);
	floor_message_put(&message, FLOOR_FIELD_CAUSE, 7);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x8400);
	print("Floor_Deny|Queue_full_(7)", &message);
	put_text(&message, FLOOR_FIELD_CAUSE, "later");
	print("Floor_Deny|Queue_full_(7)|later", &message);
	message = of(FLOOR_MESSAGE_IDLE, SERVER);
	floor_message_put(&message, FLOOR_FIELD_SEQUENCE, 8);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x8400);
	print("Floor_Idle|Message_Sequence_Number:_8", &message);
	message = of(FLOOR_MESSAGE_REVOKE, SERVER); /* it takes the causes for those of Deny */
	floor_message_put(&message, FLOOR_FIELD_CAUSE, 4);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x1000);
	print("Floor_Revoke|(4)|Emergency_call", &message);
	message = of(FLOOR_MESSAGE_POSITION, SERVER);
	put_queue_info(&message, 2, 5);
	floor_message_put(&message, FLOOR_FIELD_INDICATOR, 0x8400);
	print("Floor_Queue_Position_Info|Position_Info:_2", &message);
	put_queue_info(&message, 254, 0);
	print("Floor_Queue_Position_Info|254", &message);
	struct floor_message release = {.type = FLOOR_MESSAGE_RELEASE, .wants_ack = true};
	message = floor_message_ack(&release, SERVER, FLOOR_SOURCE_CONTROLLING);
	print("Floor_Ack|Floor_Release_(4)|controlling", &message);
}

int main(void)
{
	of_a_client();
	granted_and_taken();
	the_others_of_a_server();
	return 0;
}
