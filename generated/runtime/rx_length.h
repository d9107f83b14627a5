/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a received frame is.
 */
#ifndef RX_LENGTH_H
#define RX_LENGTH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Length of a received frame, without what the driver counts besides
 *
 * The virtio driver of Unikraft from 0.15 on counts the header of the device
 * as well: 10 bytes, or 12 if the device is a modern one. Which of them it is
 * shows in the first frame that declares its length.
 *
 * @param frame
 *    Frame
 * @param len
 *    Bytes, as the driver counts them
 * @return
 *    Bytes of the frame
 */
uint16_t rx_length(const uint8_t *frame, uint16_t len);

#ifdef __cplusplus
}
#endif

#endif /* RX_LENGTH_H */
