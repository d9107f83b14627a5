/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program needs of its board; here, a debugger's console. */
#ifndef BOARD_H
#define BOARD_H

void board_print(const char *text);

#endif /* BOARD_H */
