/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application is compiled with -Dmain=app_main, because the platform has
 * the process's own main(). Unlike main, the new name needs a prototype to
 * pass -Wmissing-prototypes: add -include host/app_main.h for that.
 */
#ifndef HOST_APP_MAIN_H
#define HOST_APP_MAIN_H

int app_main(int argc, char *argv[]);

#endif /* HOST_APP_MAIN_H */
