#include <spawn.h>

// glibc has it since 2.34, but for GNU's own dialect only, which is not what Swift reads its headers in.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
