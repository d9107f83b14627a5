/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * key=value arguments of a program, parsed according to tables. The kind of an
 * argument has the functions that read its value; a kind that no table names is
 * not linked into the program.
 */
#ifndef ARGS_H
#define ARGS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct arg;

/** A kind of values */
struct arg_kind {
	const char *takes;	/**< what a value looks like */
	/** Read a value into a member; -EINVAL when the text is none */
	int (*read)(const struct arg *arg, const char *text, void *member);
	/** Write what is allowed for an argument besides, as snprintf() does;
	 * NULL: nothing
	 */
	int (*allowed)(const struct arg *arg, char *text, size_t size);
};

/** A number that has a name, in an array that ends with a NULL */
struct arg_name {
	const char *name;
	uint64_t value;
};

/** An argument; a table of them ends with one whose key is NULL */
struct arg {
	const char *key;
	const char *summary;
	const struct arg_kind *kind;
	size_t offset;		/**< of the member that gets the value */
	size_t size;		/**< of the member */
	uint64_t min;		/**< of an arg_int, in two's complement */
	uint64_t max;
	const struct arg_name *names;	/**< the values of an arg_named */
};

/** An argument that sets a member of a struct */
#define ARG(struct_, member_, key_, kind_, min_, max_, summary_)	\
	{								\
		.key = key_,						\
		.summary = summary_,					\
		.kind = &(kind_),					\
		.offset = offsetof(struct struct_, member_),		\
		.size = sizeof(((struct struct_ *)0)->member_),		\
		.min = min_,						\
		.max = max_,						\
	}

/** An argument whose values have names */
#define ARG_NAMED(struct_, member_, key_, names_, summary_)		\
	{								\
		.key = key_,						\
		.summary = summary_,					\
		.kind = &arg_named,					\
		.offset = offsetof(struct struct_, member_),		\
		.size = sizeof(((struct struct_ *)0)->member_),		\
		.names = names_,					\
	}

/** A table of arguments, and the struct that they set */
struct args {
	const struct arg *table;
	void *values;
};

/*
 * The kinds; each has a file of its own, except for arg_uint. For a number, min
 * and max are the least and the greatest value.
 */
extern const struct arg_kind arg_uint;
extern const struct arg_kind arg_int;
extern const struct arg_kind arg_named;
extern const struct arg_kind arg_mac;
extern const struct arg_kind arg_ipv4;
extern const struct arg_kind arg_ipv6;
extern const struct arg_kind arg_octets;

/**
 * Read arguments
 *
 * @param groups
 *    Tables, in the order in which they are looked through and printed
 * @param count
 *    Number of tables
 * @param argc
 *    Number of arguments, the program's name included
 * @param argv
 *    Arguments
 * @return
 *    0, or -EINVAL after a message that lists what there is
 */
int args_parse(const struct args groups[], size_t count, int argc,
	       char *argv[]);

/** The value of a digit, -1 when it is none of the base, which is at most 16 */
int args_digit(char c, unsigned int base);

/**
 * Read digits up to the first other character
 *
 * @param text
 *    Is moved behind the digits
 * @param base
 *    10 or 16
 * @param max_digits
 *    No more digits are read
 * @param value
 *    Is set
 * @return
 *    0, or -EINVAL when there is no digit, or too many for the value
 */
int args_digits(const char **text, unsigned int base, unsigned int max_digits,
		uint64_t *value);

/** Read a whole text as a number, decimal or with 0x hexadecimal */
int args_number(const char *text, uint64_t *value);

/** Read octets with a separator between them, most significant first */
int args_separated(const char *text, unsigned int base, char separator,
		   uint8_t *octets, size_t count);

/** Store a number in a member of 1, 2, 4 or 8 bytes */
void args_store(void *member, size_t size, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif /* ARGS_H */
