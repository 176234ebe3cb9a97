/* host: what this host's system calls the things that a build needs of it. */
#ifndef IMAGE_HOST_H
#define IMAGE_HOST_H

extern const char host_install_gpgv[];     /* a command: "apt-get install gpgv" */
extern const char host_install_keyring[];  /* a command, or two ways to get one */
extern const char host_install_compiler[]; /* clang and lld */

#endif
