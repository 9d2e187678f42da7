/* SPDX-License-Identifier: Apache-2.0 */
/* file_wav.h: the bytes of a WAV file: 16-bit samples, one channel. */
#ifndef SOUND_FILE_WAV_H
#define SOUND_FILE_WAV_H

#include <stddef.h>
#include <stdint.h>

#define WAV_HEADER_SIZE 44
/* Samples of a file whose writer did not come to its end: readers go on to the end of the file. */
#define WAV_UNKNOWN UINT32_MAX

/*
 * The header, written with WAV_UNKNOWN when the file is begun and again at offset 0 with the true
 * number of samples when it ends: a file that was cut short is heard as far as it goes.
 */
void wav_header(uint32_t rate, uint32_t samples, uint8_t ret_bytes[WAV_HEADER_SIZE]);

/* Samples as the file has them, two bytes each. Returns 2 * count. */
size_t wav_samples(const int16_t *samples, size_t count, uint8_t *ret_bytes);

#endif
