// The kernel's own listing of a folder, which glibc declares only to those who ask for all its extensions.
#ifdef __linux__
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long kiln_getdents64(int descriptor, void *buffer, size_t size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}
#endif
