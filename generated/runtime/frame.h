/* SPDX-License-Identifier: BSD-3-Clause */
/* The results of parsing and comparing a received frame of any format. */
#ifndef FRAME_H
#define FRAME_H

/** The first thing that is invalid in a frame, in the order of looking */
enum frame_result {
	FRAME_VALID,		/**< of the format, and nothing is invalid */
	FRAME_TRUNCATED,	/**< too short for the headers */
	FRAME_OTHER,		/**< something else follows a header */
	FRAME_CONSTANT,		/**< a constant has another value */
	FRAME_UNKNOWN,		/**< a number that has no name */
	FRAME_LENGTH,		/**< a length contradicts the frame */
	FRAME_CHECKSUM,		/**< a checksum is invalid */
};

/** A frame compared with its format and with what a sender was asked for */
enum frame_verdict {
	VERDICT_VALID,		/**< of the format, with these values */
	VERDICT_OTHER,		/**< other traffic: protocol or values differ */
	VERDICT_INVALID,	/**< of the format, with something invalid */
};
#define FRAME_VERDICTS	3

/** Words for a result */
static inline const char *frame_result_name(enum frame_result result)
{
	switch (result) {
	case FRAME_VALID:
		return "valid";
	case FRAME_TRUNCATED:
		return "truncated";
	case FRAME_OTHER:
		return "another header";
	case FRAME_CONSTANT:
		return "invalid constant";
	case FRAME_UNKNOWN:
		return "unknown number";
	case FRAME_LENGTH:
		return "invalid length";
	case FRAME_CHECKSUM:
		return "invalid checksum";
	}
	return "unknown";
}

/** Words for a verdict */
static inline const char *frame_verdict_name(enum frame_verdict verdict)
{
	switch (verdict) {
	case VERDICT_VALID:
		return "valid";
	case VERDICT_OTHER:
		return "other";
	case VERDICT_INVALID:
		return "invalid";
	}
	return "unknown";
}

#endif /* FRAME_H */
