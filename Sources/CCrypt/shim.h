#include <crypt.h>

// struct crypt_data holds an array longer than the tuples that Swift imports, so its size is told here.
enum { CCRYPT_DATA_SIZE = sizeof(struct crypt_data) };
