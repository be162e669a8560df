// Loaded below a process by LD_PRELOAD: writes down everything that the process asks of the files of one folder, with the
// bytes, in a log outside of it. From that log `replay.ts` makes the folder as a disk could look after a loss of power.
//
//   POWER_LOSS_FOLDER  the folder, absolute, without links
//   POWER_LOSS_LOG     the log; it must not exist yet. Children of the process find it there and write nothing.
//   POWER_LOSS_FAIL    a file; while it exists, syncs of files whose path contains its first line fail with EIO
//
// A record follows what it tells of, and comes before the caller goes on: what the caller does next comes behind it. A sync
// has two, because only what was written before it began is safe when it ends. Written against the kernel itself, so that
// nothing of libc is called by way of this library again.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, MKDIR, RMDIR, LINK };
enum { CREATED = 1, TRUNCATED = 2, FAILED = 1 };
#define FDS_MAX 65536

// Little-endian, as the machines are that this runs on; paths and bytes follow.
struct __attribute__((packed)) record {
  uint8_t op, flags;
  uint16_t path_bytes, other_bytes;
  uint32_t handle;
  uint64_t at, bytes, time_ns;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char folder[PATH_MAX], fail_file[PATH_MAX];
static size_t folder_bytes;
static uint32_t handles, syncs;
/** Of each descriptor: the number of the `open` that made it, the file and its path; 0 when it is none of ours. */
static uint32_t handle_of[FDS_MAX];
static dev_t device_of[FDS_MAX];
static ino_t inode_of[FDS_MAX];
static char *path_of[FDS_MAX];

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("POWER_LOSS_FOLDER"), *log_name = getenv("POWER_LOSS_LOG"), *fail = getenv("POWER_LOSS_FAIL");
  if (!name || !log_name) return;
  strncpy(folder, name, sizeof folder - 1);
  if (fail) strncpy(fail_file, fail, sizeof fail_file - 1);
  folder_bytes = strlen(folder);
  log_fd = syscall(SYS_openat, AT_FDCWD, log_name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
}

/** The path below the folder, "" for the folder itself; null for what is not there. `whole` holds PATH_MAX bytes. */
static const char *below(int dirfd, const char *path, char *whole) {
  if (log_fd < 0 || !path) return NULL;
  if (path[0] == '/') {
    strncpy(whole, path, PATH_MAX - 1);
    whole[PATH_MAX - 1] = 0;
  } else {
    char link[64];
    ssize_t n;
    if (dirfd == AT_FDCWD) strcpy(link, "/proc/self/cwd");
    else {
      char digits[16];
      int i = 0;
      strcpy(link, "/proc/self/fd/");
      unsigned value = dirfd;
      do digits[i++] = '0' + value % 10; while (value /= 10);
      for (size_t at = strlen(link); i > 0; link[at] = 0) link[at++] = digits[--i];
    }
    n = syscall(SYS_readlinkat, AT_FDCWD, link, whole, PATH_MAX - 2);
    if (n < 0 || n + strlen(path) + 2 > PATH_MAX) return NULL;
    whole[n] = '/';
    strcpy(whole + n + 1, path);
  }
  if (strncmp(whole, folder, folder_bytes) != 0) return NULL;
  if (whole[folder_bytes] == 0) return whole + folder_bytes;
  return whole[folder_bytes] == '/' ? whole + folder_bytes + 1 : NULL;
}

static void put(struct record r, const char *path, const char *other, const struct iovec *data, int count) {
  struct iovec out[3 + count];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  r.time_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
  r.path_bytes = path ? strlen(path) : 0;
  r.other_bytes = other ? strlen(other) : 0;
  out[0] = (struct iovec){&r, sizeof r};
  out[1] = (struct iovec){(void *)path, r.path_bytes};
  out[2] = (struct iovec){(void *)other, r.other_bytes};
  uint64_t left = r.bytes;
  for (int i = 0; i < count; i++) {
    size_t n = data[i].iov_len < left ? data[i].iov_len : left;
    out[3 + i] = (struct iovec){data[i].iov_base, n};
    left -= n;
  }
  syscall(SYS_writev, log_fd, out, 3 + count);
}

// --- names

static int is_there(const char *whole) {
  return syscall(SYS_faccessat, AT_FDCWD, whole, F_OK) == 0;
}

static int do_open(int dirfd, const char *path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  const char *name = below(dirfd, path, whole);
  if (!name) return syscall(SYS_openat, dirfd, path, flags, mode);
  pthread_mutex_lock(&lock);
  int was_there = is_there(whole);
  int fd = syscall(SYS_openat, dirfd, path, flags, mode), cause = errno;
  if (fd >= 0 && fd < FDS_MAX) {
    handle_of[fd] = ++handles;
    free(path_of[fd]);
    path_of[fd] = strdup(name);
    struct stat found;
    if (fstat(fd, &found) == 0) device_of[fd] = found.st_dev, inode_of[fd] = found.st_ino;
    int how = ((flags & O_CREAT) && !was_there ? CREATED : 0) | (flags & O_TRUNC ? TRUNCATED : 0);
    put((struct record){.op = OPEN, .flags = how, .handle = handles}, name, NULL, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  errno = cause;
  return fd;
}

#define MODE(flags, mode)                                     \
  mode_t mode = 0;                                            \
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    mode = va_arg(rest, mode_t);                              \
    va_end(rest);                                             \
  }
int open(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int openat(int dirfd, const char *path, int flags, ...) { MODE(flags, mode) return do_open(dirfd, path, flags, mode); }
int openat64(int dirfd, const char *path, int flags, ...) { MODE(flags, mode) return do_open(dirfd, path, flags, mode); }
int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/** What changes names: `call` under the lock, so that the log has the order of the disk. */
#define NAMES(code, dirfd, from, other_dirfd, to, call)                                   \
  char whole[PATH_MAX], other_whole[PATH_MAX];                                            \
  const char *name = below(dirfd, from, whole);                                           \
  const char *other = below(other_dirfd, to, other_whole);                               \
  if (!name && !other) return call;                                                       \
  pthread_mutex_lock(&lock);                                                              \
  int result = call, cause = errno;                                                       \
  if (result == 0) put((struct record){.op = code}, name, other, NULL, 0);                \
  pthread_mutex_unlock(&lock);                                                            \
  errno = cause;                                                                          \
  return result;
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  NAMES(RENAME, a, from, b, to, (int)syscall(SYS_renameat2, a, from, b, to, flags))
}
int renameat(int a, const char *from, int b, const char *to) { return renameat2(a, from, b, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
  NAMES(LINK, a, from, b, to, (int)syscall(SYS_linkat, a, from, b, to, flags))
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
static int do_unlink(int dirfd, const char *path, int flags) {
  NAMES(flags & AT_REMOVEDIR ? RMDIR : UNLINK, dirfd, path, 0, ((const char *)NULL), (int)syscall(SYS_unlinkat, dirfd, path, flags))
}
int unlinkat(int dirfd, const char *path, int flags) { return do_unlink(dirfd, path, flags); }
int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int dirfd, const char *path, mode_t mode) {
  NAMES(MKDIR, dirfd, path, 0, ((const char *)NULL), (int)syscall(SYS_mkdirat, dirfd, path, mode))
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

// --- bytes

/** Nobody tells of a close (libuv asks the kernel itself), so that a number may stand for another file by now, or a socket. */
static int is_ours(int fd) {
  struct stat found;
  if (fd < 0 || fd >= FDS_MAX || handle_of[fd] == 0) return 0;
  int cause = errno;
  int same = fstat(fd, &found) == 0 && found.st_dev == device_of[fd] && found.st_ino == inode_of[fd];
  if (!same) handle_of[fd] = 0;
  errno = cause;
  return same;
}

/** `offset` is -1 for a write at the file's own position. */
static ssize_t do_write(int fd, const struct iovec *data, int count, off_t offset) {
  int ours = is_ours(fd);
  if (ours) pthread_mutex_lock(&lock);
  ssize_t n = offset < 0 ? syscall(SYS_writev, fd, data, count)
                         : syscall(SYS_pwritev, fd, data, count, (unsigned long)offset, 0ul);
  int cause = errno;
  if (ours) {
    if (n > 0) {
      off_t at = offset < 0 ? syscall(SYS_lseek, fd, 0, SEEK_CUR) - n : offset;
      put((struct record){.op = WRITE, .handle = handle_of[fd], .at = at, .bytes = n}, NULL, NULL, data, count);
    }
    pthread_mutex_unlock(&lock);
  }
  errno = cause;
  return n;
}
static ssize_t write_one(int fd, const void *bytes, size_t count, off_t offset) {
  if (!is_ours(fd)) return offset < 0 ? syscall(SYS_write, fd, bytes, count) : syscall(SYS_pwrite64, fd, bytes, count, offset);
  struct iovec data = {(void *)bytes, count};
  return do_write(fd, &data, 1, offset);
}
ssize_t write(int fd, const void *bytes, size_t count) { return write_one(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return write_one(fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return write_one(fd, bytes, count, at); }
ssize_t writev(int fd, const struct iovec *data, int count) { return do_write(fd, data, count, -1); }
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t at) { return do_write(fd, data, count, at); }
ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t at) { return do_write(fd, data, count, at); }

static int do_truncate(int fd, off_t size) {
  int ours = is_ours(fd);
  if (ours) pthread_mutex_lock(&lock);
  int result = syscall(SYS_ftruncate, fd, size), cause = errno;
  if (ours) {
    if (result == 0) put((struct record){.op = TRUNCATE, .handle = handle_of[fd], .at = size}, NULL, NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = cause;
  return result;
}
int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return do_truncate(fd, size); }

// What would change files behind the log's back says that it cannot be done: callers go on with writes.
int posix_fallocate(int fd, off_t at, off_t size) {
  if (is_ours(fd)) return EOPNOTSUPP;
  return syscall(SYS_fallocate, fd, 0, at, size) == 0 ? 0 : errno;
}
ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags) {
  if (is_ours(out)) return errno = EOPNOTSUPP, -1;
  return syscall(SYS_copy_file_range, in, from, out, to, count, flags);
}
ssize_t sendfile(int out, int in, off_t *at, size_t count) {
  if (is_ours(out)) return errno = EINVAL, -1;
  return syscall(SYS_sendfile, out, in, at, count);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t count) { return sendfile(out, in, at, count); }

// --- syncs

static int is_to_fail(const char *path) {
  char text[PATH_MAX];
  if (!fail_file[0]) return 0;
  int fd = syscall(SYS_openat, AT_FDCWD, fail_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (n <= 0) return 0;
  text[n] = 0;
  text[strcspn(text, "\n")] = 0;
  return strstr(path, text) != NULL;
}

static int do_sync(int fd, long call) {
  if (!is_ours(fd)) return syscall(call, fd);
  pthread_mutex_lock(&lock);
  struct record r = {.op = SYNC_BEGIN, .handle = handle_of[fd], .at = ++syncs};
  int fails = is_to_fail(path_of[fd]);
  put(r, NULL, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  int result = syscall(call, fd), cause = errno;
  if (fails) result = -1, cause = EIO;
  r.op = SYNC_END;
  r.flags = result == 0 ? 0 : FAILED;
  pthread_mutex_lock(&lock);
  put(r, NULL, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  errno = cause;
  return result;
}
int fsync(int fd) { return do_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return do_sync(fd, SYS_fdatasync); }
