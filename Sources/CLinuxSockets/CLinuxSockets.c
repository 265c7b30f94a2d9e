#include "CLinuxSockets.h"
